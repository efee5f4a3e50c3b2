"""Numbers -> order. Nothing here knows a network, but for how different two genomes are.

pareto      non-dominated fronts          crowding   how alone a solution stands on its front
multi       fronts, then crowding         tournament who becomes a parent
distance    how different two genomes are species    who competes with whom
offspring   how many children each has    mating     who has them
"""
