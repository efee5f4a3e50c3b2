"""Networks with arbitrary acyclic topology, as parallel arrays.

population      networks that are evaluated
genomes         genes that are inherited and varied
dense_network   the fully connected layered network
"""
