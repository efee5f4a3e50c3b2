"""Genomes -> Genomes: the operators that make children differ from their parents.

add_connection   a new gene into a later layer        add_node        split an enabled gene
enable           switch a disabled gene on            set_activation  another formula for a hidden node
crossover        genes of two parents, aligned        mutate_weights  perturb or replace
innovations      equal mutations share their names    joined          one genome of two, without cycles
layers           what "later" means                   genes           keeping genes in order

Each takes the rows it may change and returns new genomes; the loops over rows are compiled. With
`_in_place` it changes genomes that are the caller's own and have room, so that a method can run all
of them over one copy.
"""
