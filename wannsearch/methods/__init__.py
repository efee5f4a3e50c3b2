"""How networks are searched for. One file a method, its settings its fields, its defaults in `conf/method`.

neat   topologies and weights together, in species
wann   weight agnostic networks: topologies that work whatever their shared weight is
"""
