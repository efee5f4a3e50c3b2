"""Scores -> order, species, parents. Only `distance` and `species` read genomes, the others read numbers.

crowding           distance of a solution to its neighbours on its front
distance           compatibility distance of two genomes
lexicase           parents that are good in a few drawn cases
nsga2              order by fronts, then by crowding
offspring          number of children of each species
pareto             fronts of non-dominated solutions
parent_rule        one parent of a child: by a tournament, or by lexicase
parent_selection   elites and parents within the species
species            groups of similar genomes
tournament         ranks of the winners of tournaments
"""
