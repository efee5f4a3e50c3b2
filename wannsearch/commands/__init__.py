"""What a user types, one module a command.

search       wannsearch            evaluate   wannsearch-evaluate
tables       wannsearch-tables
runs         wannsearch-runs       sweep      who owns a sweep, and what became of its jobs
hydra_app    Hydra: composes and runs; hydra_job, _errors, _folders beside it, and nobody else knows it
build        config -> objects     display    what a running search shows
terminal     tables and commands, safe to print
entry        what every command goes through; standard_streams: whatever becomes of what it prints
final_test   held-out measurement  outcome    how a job ended, and the exit code
"""
