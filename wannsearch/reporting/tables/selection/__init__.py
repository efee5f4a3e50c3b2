"""The table of rules of parent selection: each rule's runs of a task, at equally many evaluations.

table          the table: its settings, sections and notes
blocks         the runs of each rule on each task, and their samples
measures       each shared weight of one run's best, the sweep, and the seconds of its search
comparison     each rule over the first one of its task
picture        every run of every rule as a dot, and published networks as lines
"""
