"""Numbers -> order. Nothing here knows a network.

pareto      non-dominated fronts      crowding   how alone a solution stands on its front
multi       fronts, then crowding     tournament who becomes a parent
"""
