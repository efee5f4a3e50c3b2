"""Operators on genomes, which make children differ from their parents; also CMA-ES over weights.

A function with `_in_place` changes the given rows of the caller's genomes, which must have room, so that a
method runs all operators over one copy. The same name without it returns changed genomes and leaves the
caller's as they are; not every operator has both forms. The loops over rows are compiled.

add_connection      a new gene into a later layer
add_node            a hidden node that splits an enabled gene
cma_es              the normal distribution of CMA-ES over weights, and its update
crossover           genes of two parents, aligned by innovation number
enable_connection   a disabled gene switched on
genes               a gene appended, genes kept in order
innovations         equal numbers for equal mutations of a generation
layers              the layer of each node, and nodes sorted by layer
merge_genomes       one genome from the genes of two, without cycles
mutate_activation   another activation for a hidden node
mutate_weights      weights perturbed or replaced
removal             genes and hidden nodes taken out of a genome, and the nodes on a path
remove_connection   a gene of the network taken out, with the nodes that hung on it alone
remove_dead_nodes   hidden nodes without a way to an output taken out
uniform_topology    uniform random networks of given sizes
"""
