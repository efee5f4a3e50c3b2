"""Networks in files. Readers trust no file, and writers give the same bytes for the same network.

network_json          our JSON of one network, also a networkx node-link graph
population_jsonl      a whole population, gzipped, one such JSON a line
subnetwork_json       sub-networks: masks and the seed of the initial weights
published_out         the `.out` matrix of the published WANN code
published_parameters  the tuned parameters published beside those networks
networks              a network by the path of its JSON, `.out` or run folder; dense ones by layer sizes
one_network           a population of one row
"""
