"""How networks are searched for. One file a method, its settings its fields, its defaults in `conf/method`.

wann   weight agnostic networks: topologies that work whatever their shared weight is
"""
