"""Kernels for networks and tasks, written as LLVM IR.

forward      writes a forward pass over a block of lanes: nodes and edges
functions    writes sin, cos, exp, log, tanh and the activations, branch-free
labelled     writes the kernel for labelled data: individuals x episodes x blocks x weights
network      writes the kernel for networks alone: one forward pass in each lane
objects      compiles IR once, and keeps the machine code under a hash of the IR
polynomials  computes the coefficients of exp, log, sin and cos in exact fractions
simulation   writes the kernel for simulations: individuals x blocks of lanes x steps
vector       represents one number per lane as a few processor vectors side by side
writer       builds IR with loops, variables and the layout of the arrays
"""
