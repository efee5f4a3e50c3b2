"""The run folder: what a search leaves, and what any later command reads.

layout      names of the files           claim          who owns a folder, and what it already holds
files       whole or not at all          tables         CSV, in full precision
writer      generation by generation     background     beside the search
checkpoint  where a search stands        array_file     arrays that prove themselves
state_arrays, champion_arrays            what a checkpoint holds
environment what bits depend on          stored_config  a run's config, as a stranger's file
lock        dies with its owner          ledger         a sweep's jobs, and what became of each
observed    what became of a run         run_folders    where runs lie
"""
