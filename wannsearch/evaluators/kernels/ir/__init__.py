"""Vector code for networks and tasks, written as LLVM IR.

vector       a number per lane, as a few processor vectors side by side
polynomials  exact fractions for the coefficients of exp and sin
functions    sin, cos, exp, tanh and the activations, branch-free
writer       an IR builder that knows loops and the layout of the arrays
forward      nodes and edges, for a block of lanes
play         the kernel: individuals x blocks of lanes x steps
objects      compiled once, kept by a hash of the code itself
"""
