"""Plain data, and the seams between methods, tasks and evaluators; every room imports this one.

protocols      the three seams: Method, Task, Evaluator, and what a class may offer beside them
ports          a task's inputs, outputs and allowed activations
candidates     the two types of candidates, and which evaluator takes which
trials         shared weights and episodes of an evaluation
trajectory     one episode, step by step
film_frames    episodes as the frames of a film, before they become pictures
scores         returns and steps per candidate, weight and episode
streams        keyed randomness: one Philox key per seed, role and generation
activations    ids, names and formulas of activation functions
arrays         the array types of annotations
champion       the recorded best and its re-tests
front          the best score of each size, over all generations
measurement    final tests on held-out episodes
plateau        order among weights with equal scores
score_names    names of scores, which are also their units
settings       conversion of config values to the types of settings classes
errors         errors with their exit codes, and checks of settings
failures       evaluations that failed, with the reason
plugin_files   a user's Python file as a module
sealed_files   cache files closed by a digest
untrusted      bounded, strict reading of text and JSON
run_files      files of a run folder as every reader opens them, and the folder's format number
kernels/       compilation and caching of numba kernels, and Philox inside them
subnetworks/   parent networks, masks and sub-networks
tasks/         the base classes of a task
topologies/    networks with arbitrary topology: genomes and populations
"""
