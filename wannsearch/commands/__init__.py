"""What a user types, one module a command.

search       wannsearch            evaluate     wannsearch-evaluate
tune         wannsearch-tune       tuned        what it leaves
tables       wannsearch-tables     runs         wannsearch-runs
entry        what every command goes through; standard_streams: whatever becomes of what it prints
hydra_app    Hydra: composes and runs; beside it hydra_arguments, _words, _errors, _folders, _job, _run_task
             and _sweeps, and nobody else knows it
sweep        who owns a sweep, and what became of its jobs
request      what a job was asked for; resume: where a run was left; run_task: the task of a network's run
recorded     a search into its run folder; objective: what a sweeper may choose by
build        config -> objects     typed_words  what was typed, and has no effect
display      what a running search shows
terminal     tables and commands, safe to print
final_test   held-out measurement  outcome      how a job ended, and the exit code
"""
