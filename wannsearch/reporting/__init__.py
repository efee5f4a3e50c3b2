"""Reports of run folders: plots, films, statistics and tables. They read records only, never a live object.

plots/       plots of one run, one module a plot
films/       films of episodes
statistics/  estimates, intervals and tests over a set of runs
tables/      tables over many runs: which runs count, how they are grouped, what is written
"""
