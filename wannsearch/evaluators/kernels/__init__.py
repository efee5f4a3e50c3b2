"""Compiled evaluation: arrays, kernels and the calls of kernels.

arrays               copies arrays into the layout and the number format of the kernels
engine               loads kernels, bounds their memory and spreads rows over threads
evaluate_labelled    calls the kernel for labelled data
evaluate_simulation  calls the kernel for simulations
network_forward      computes forward passes of different networks side by side
probe                measures the rate of this machine before a search
simplify             drops dead nodes; takes constant nodes out of the steps; evaluates equal networks once
task_key             keys of tasks that share a kernel
ir/                  writes the kernels as LLVM IR
"""
