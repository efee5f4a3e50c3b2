"""The weights of one network after its search.

gradient        trains the network's own weights by gradient, on labelled data
random_weights  measures the network with random weights
shared_weight   finds the best shared weight
"""
