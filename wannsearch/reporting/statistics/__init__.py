"""What a set of runs says, and how far it can be trusted: numbers in, numbers out, no files.

`sample` holds the runs of one setting, failures counted; `centre` says where they lie; `resampling`
draws them again, `interval` makes 95 % of it and `coverage` knows how often that is true; where all runs
are one network, `episodes` has the interval of its mean. Two settings
are compared in `comparison`, `paired` and `equivalence`, pair by pair in `paired_equivalence` and
`signed_rank`; several tasks in `across_tasks` and `profiles`. `curves` and `targets` follow runs against
what they spent; `shares` is about counts; `rank_correlation` and `best_of` about choosing by a sign.
"""
