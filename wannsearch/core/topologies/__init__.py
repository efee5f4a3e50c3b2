"""core/topologies"""
