"""Hydra: command lines, composition of configs, jobs and sweeps; no other room imports it.

app               the entry of each command: compose, run the jobs, return the exit code
arguments         arguments of a command, checked and prepared for Hydra
argument_quoting  quotes around names, before Hydra parses them
run_patterns      patterns for the networks of runs, as the names that match
config_loader     Hydra's loader, with the task of a run as its default, and an evaluator that fits
evaluator_choice  the evaluator that `evaluator=auto` becomes, and whether a named one fits
build             objects from configs, without Hydra's `instantiate`
task_composition  one task with its settings, for a command with plain arguments
groups            config groups whose options name a class
help_text         what `--help` prints: choices and keys, each with its meaning
key_meanings      the comments of a YAML file as the meanings of its keys
plugins           a user's Python files, loaded from the command line
job               one job, in this process or in a launcher's
sweep             a sweep: its lock, its remaining jobs, the outcome of each
foreign_sweeps    sweeps that another sweeper plans
folders           names of folders that Hydra makes, and their removal
errors            composition errors as one line
error_origin      whose code raised an error that nothing expects: a plugin's or the package's
"""
