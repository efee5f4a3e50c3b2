"""Tables over many runs, made from run folders and nothing else.

`collect` finds the folders, `run` and `tuning` read one, `groups` puts runs of one config together,
`units` keeps scores of different names apart, `levels` knows what tasks pay at worst and when solved,
`tuning_choice` which tuning speaks for a run.
Each kind of table is a module and a file in `conf/table/`: `summary`, `across_tasks`,
`learning_curves`, `wann_control`, `to_solution` (for `neat_xor` and `double_pole`; `bands` judges them),
`weedout` (its runs in `_arms`, `_repeats` and `_blocks`, its numbers in `_pairs` and `_figures`). A kind
gives a `document`, which `markup` writes as CSV, Markdown and LaTeX; `provenance` says what went in.
"""
