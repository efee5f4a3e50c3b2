"""What a user types, one module a command.

search       wannsearch            evaluate   wannsearch-evaluate
hydra_app    the only place that knows Hydra
sweeping     jobs of a multirun, good and bad
build        config -> objects     display    what a running search shows
final_test   held-out measurement  outcome    how a job ended, and the exit code
"""
