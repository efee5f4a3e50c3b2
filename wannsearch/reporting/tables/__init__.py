"""Tables over many runs, made from run folders, the settings of the table and published logs.

collect                  the run folders and tunings that patterns name
run                      one run, read from its folder
tuning                   the tuning of one network, read from its folder
tuning_choice            the choice of one tuning for each run
groups                   runs of one setting, and their labels
units                    scores of different names, which are never compared
score_levels             the worst score of a task, and the score at which it is solved
group_curves             the best so far of every run of a group
published_logs           learning curves from the published code's logs
table                    the input of every kind of table, and its protocol
document                 records, columns, sections: a table before it is written in any form
markup                   a document as CSV, Markdown and LaTeX
provenance               the runs that a table was made of
swept_keys               the keys in which settings differ, and texts of their values
task_ranking             the settings of one task by score: the best, and what each key does
summary                  one row per setting: which is best, scores, cost
summary_picture          the picture of settings by score
pairwise                 comparisons of each two settings of a task
across_tasks             methods over several tasks, with normalized scores
learning_curves          our learning curves over published ones
evaluations_to_target    evaluations until a score was reached
curve_pictures           learning curves as pictures
wann_control             Table 1 of Gaier and Ha (2019), ours beside it
evaluations_to_solution  NEAT's XOR and pole experiments: solved runs and their evaluations
bands                    acceptance bands of quantities
strip_plot               every run as a dot, with the interquartile mean
selection/               the table of rules of parent selection, task by task
weedout/                 the table of the Weedout experiment
"""
