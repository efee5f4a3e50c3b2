"""The run folder: what a search leaves, and what any later command reads.

layout   names of the files           claim    who owns a folder, and what it already holds
lock     dies with its owner          ledger   a sweep's jobs, and what became of each
observed what became of a run         run_folders  where runs lie
files    whole or not at all          tables   CSV, in full precision
writer   a run's files, generation by generation
"""
