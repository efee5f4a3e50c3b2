"""The run folder while a run fills it: claim, display, signals and summary.

run_folder    a search recorded in its run folder
run_settings  the settings of every command that records a run
stop_score    the score at which a search stops: what `stop_at=auto` stands for
resume        continuation of a run from its newest checkpoint
signals       signals that stop a run
display       a live panel, plain lines, or nothing
expected_time  the time that a search takes at most, told before its first generation
work_unit     what an evaluation costs, for a rate
champion_accuracy  the accuracy of a classification's champion, for the display
run_film      the film that a run leaves, made in a process of its own
run_result    the end of a run: result, folder, pictures, what to type next
terminal      tables and commands, safe to print
summary       the content of `summary.json`
objective     the score by which a sweeper may choose settings
outcome       the outcome of a job, with its exit code
"""
