"""Base classes of a task, for the author of a task.

lane_task         the dynamics of one lane, for NumPy and for compiled vectors
environment_task  live environments, one an episode
labelled_task     labelled data as an episode of one step
scene             a picture of a state as lines, circles and texts
task_name         the name of what was run: an environment's id, or the option of the task
"""
