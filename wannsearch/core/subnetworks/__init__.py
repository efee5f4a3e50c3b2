"""Sub-networks: candidates that are trained by gradient, as masks on a parent network.

parent_network   the layer operations of a parent network, and its parameters
subnetworks      masks, the space they lie in, and batches of sub-networks
weight_init      initial weights, addressed by a seed
images           labelled images, split into training, validation and test
"""
