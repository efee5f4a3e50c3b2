"""The commands of the user: one module per command, and the modules that commands share.

search            `wannsearch`: one search, from config to run folder
tune              `wannsearch-tune`: good weights for one network, and their final tests
evaluate          `wannsearch-evaluate`: returns of a saved or published network
tables            `wannsearch-tables`: one table over many runs
document_display  the tables of a document in the width of a terminal
table_folder      the folder of one table, and which of its files belong to an earlier table
runs              `wannsearch-runs`: the state of every run in some folders
plain_arguments   parsers and help of commands with plain arguments
plot              `wannsearch-plot`: the pictures of runs and of network files
film              `wannsearch-film`: films of held-out episodes, of runs and of network files
film_source       the network, task and scores that a film is of
unfinished_run    the records of a run that was stopped or killed, for its pictures
entry             standard streams, environment variables and exit code of every command
activity          what the command is doing at this moment
activity_line     the moving line at the bottom of a terminal that says it
standard_streams  standard output and error that never raise
request           the input of one job: a composed config, or the config of a run to resume
run_task          the task that a run has stored for its network
typed_arguments   overrides of the command line, selected by the keys that they set
data_settings     the config group `data`
hydra/            all that imports Hydra: command lines, composition, jobs and sweeps
running/          the run folder while a run fills it
"""
