"""Statistics over sets of runs: numbers in, numbers out; the only file that is read is `coverage.csv`.

sample            the scores of the runs of one setting, with failed runs counted
center            interquartile mean, mean and median of a sample
resampling        keyed random resamples of a sample
interval          95 % bootstrap intervals
coverage          the measured coverage of those intervals
episodes          Student's interval of one network's mean over its episodes
comparison        probability that a run of one setting beats a run of another
best_subset       the settings that are not distinguishable from the best one
key_effects       the means of the values of each key of a sweep, and their spread
paired            two settings compared pair by pair, and Wilcoxon's signed-rank test
equivalence       tests that two settings differ by less than a margin
across_tasks      one number for several tasks
profiles          performance profiles over several tasks
curves            learning curves on a common grid
targets           evaluations until a score is reached
wilson            Wilson's interval of a share
rank_correlation  Spearman's rank correlation
expected_maximum  expected gain of a choice by a noisy score
"""
