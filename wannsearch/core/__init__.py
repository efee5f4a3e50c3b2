"""What every room speaks: plain data, and the seams between methods, tasks and evaluators.

population   what is played            genomes      what is inherited
ports        a task's inputs, outputs  activations  ids, names, formulas
trials       which weights, episodes   scores       what came of them
streams      keyed randomness          draws        the same, inside kernels
protocols    the three seams
lanes        a task's step, once       champion     the recorded best
front        the best score of each size, over all generations
measurement  final tests               compiling    where compiled kernels are kept
kernel_cache what numba keeps            sealed_files what can be made again: is it whole?
plateau      of equal weights, which   settings     texts and lists become what a field says
errors       what is said when input is wrong
"""
