"""Compiled evaluation: arrays, kernels and the calls of kernels.

arrays               copies arrays into the layout and the number format of the kernels
engine               loads kernels, bounds their memory and spreads rows over threads
evaluate_labelled    calls the kernel for labelled data
evaluate_simulation  calls the kernel for simulations
probe                measures the rate of this machine before a search
simplify             drops dead nodes; computes constant nodes once an episode and equal networks once
ir/                  writes the kernels as LLVM IR
"""
