"""Evaluators: candidates and a task go in, scores come out.

compiled            evaluates weights x episodes of several networks at once in vector code
environment_lanes   the part of `environments` inside one process
environments        steps live environments of many networks together, in supervised processes
not_finite          finds the first number that made the score of a network NaN
processes           splits individuals over supervised processes, each with another evaluator
reference           the oracle: plain NumPy, one network at a time; all others must agree with it
topology_evaluator  the base of evaluators of topologies, and their rule for weights that are not finite
trainer             trains sub-networks by gradient and scores them on validation images
kernels/            the parts of `compiled`: arrays, kernel calls, simplification
training/           the parts of `trainer`: batched networks, batches, the training loop
workers/            supervised processes, for `environments` and `processes`
"""
