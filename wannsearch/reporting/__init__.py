"""A run folder's pictures, and tables over many, made from files. No live object comes in here.

folder          what is read from the run folder, and checked        style       the look, and equal bytes
learning_curve  score and size against evaluations                   placement   a network in layers
weight_sweep    held-out score against the shared weight             network     the drawing of it
complexity      score against connections, with the Pareto front     pictures    all of them at once
statistics/     what a set of runs says, and how surely              tables/     runs found, grouped, tabled

matplotlib is imported where something is drawn, never when a module of this room is imported.
"""
