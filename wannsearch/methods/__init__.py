"""Search methods: one file a method, its settings its fields, its defaults in `conf/method`.

neat                  topologies and weights evolve together, in species
wann                  weight agnostic networks: topologies that work with any shared weight
fixed_topology        a dense layered network, its weights by CMA-ES
random_topology       random networks without selection, the baseline of a search
weedout               random search for sparse sub-networks
one_shot              one population of sub-networks without a search, the controls of Weedout
cma_es                CMA-ES for the weights of one topology, shared by `fixed_topology` and tuning
subnetwork_sampling   random sub-networks, shared by `weedout` and `one_shot`
random_masks          uniform random masks with a given sparsity of each layer
"""
