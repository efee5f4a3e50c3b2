"""Reports of run folders: plots, statistics and tables. They read files only, never a live object.

plots/       plots of one run, one module a plot
statistics/  estimates, intervals and tests over a set of runs
tables/      tables over many runs: which runs count, how they are grouped, what is written
"""
