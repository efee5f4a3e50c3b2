"""What a user types, one module a command.

search       wannsearch            evaluate   wannsearch-evaluate
tables       wannsearch-tables
runs         wannsearch-runs       sweep      who owns a sweep, and what became of its jobs
hydra_app    Hydra: composes and runs; beside it hydra_job, _errors, _folders, _run_task; no other knows it
run_task     a run's own task      typed_words what was typed
build        config -> objects     display    what a running search shows
terminal     tables and commands, safe to print
entry        what every command goes through; standard_streams: whatever becomes of what it prints
final_test   held-out measurement  outcome    how a job ended, and the exit code
"""
