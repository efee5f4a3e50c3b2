"""wannsearch: find neural networks by their structure.

core             what everything shares: candidates, tasks, streams of random numbers, protocols
methods          search methods: WANN, NEAT, Weedout and their baselines
variation        operators on genomes: add, mutate, cross
ranking          selection: Pareto fronts, species, tournaments
tasks            environments and data sets that candidates are scored on
evaluators       how candidates are scored: compiled kernels, reference, worker processes, training
tuning           weights of one network that a search found
parent_networks  layered networks that sub-networks are cut from
sparsity         mask rules: how masks over nodes or weights change before and during training
search           the loop: propose, evaluate, select
formats          networks in files
records          the run folder: checkpoints, history, one reader
reporting        plots, statistics and tables, from run folders
kinds            what each kind of candidates adds to a run: files, final test, plots
commands         the commands that a user types; everything that touches Hydra
__main__         `python -m wannsearch`, the command `wannsearch`

Imports run one way: `docs/architecture.md` lists which package may import which. The `__init__.py` of each
package names its modules. Nothing is imported here, so that naming the package costs nothing.
"""

__version__ = "0.1.0"
