"""Networks in and out of files. What is read is never trusted; what is written is the same to the byte.

network_json      our own JSON of one network, also a networkx node-link graph
population_jsonl  a whole population, gzipped, one such JSON a line
published_out     the `.out` matrix of the published WANN code
zoo               the tuned parameters published beside those networks
networks          any of these by its path; plain layered networks by their sizes
one_network       a population of one row
"""
