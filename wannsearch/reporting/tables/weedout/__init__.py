"""The table of the Weedout experiment: a searched sparse network against random ones.

table          the table: its settings, sections and pictures
arms           the arms that are compared, and the runs of each
experiments    runs grouped into experiments, cells and repeats
comparison     found, random and dense at one sparsity, repeat by repeat
verdict        the four conditions of a reproduction
sections       the parts of the table, and the notes under them
pictures       accuracy by sparsity, validation curves, early against final
number_format  percent, points, p-values and counts as text
"""
