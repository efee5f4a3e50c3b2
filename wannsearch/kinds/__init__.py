"""The kinds of candidates: what a run folder holds of each, how its recorded best is tested, its plots.

candidate_kind  the protocol of a kind, and the kind of a batch of candidates
topology        networks that are evaluated as they are
subnetwork      sub-networks, which are trained
final_test      the recorded best on held-out episodes
best_episode    one held-out episode of the recorded best, step by step
film_recording  held-out episodes of a network as the frames of a film
final_training  the recorded sub-network, trained in full and tested once

The candidates themselves are in `core`. A new kind is a class of candidates (`core.candidates`), a module
here and an evaluator that accepts it.
"""
