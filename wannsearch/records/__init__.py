"""The run folder: what a search leaves, and what any later command reads.

layout   names of the files           claim    who owns a folder, and what it already holds
files    whole or not at all          tables   CSV, in full precision
writer   a run's files, generation by generation
"""
