"""Vector code for networks and tasks, written as LLVM IR.

vector       a number per lane, as a few processor vectors side by side
polynomials  exact fractions for the coefficients of exp and sin
functions    sin, cos, exp, tanh and the activations, branch-free
play         the kernel: individuals x lanes x steps x nodes x edges
objects      compiled once, kept by a hash of the code itself
"""
