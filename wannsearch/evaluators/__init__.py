"""Evaluators: candidates and a task go in, scores come out.

compiled    evaluates weights x episodes of several networks at once in vector code
not_finite  finds the first number that made the score of a network NaN
processes   splits individuals over supervised processes, each with another evaluator
reference   the oracle: plain NumPy, one network at a time; all others must agree with it
trainer     trains sub-networks by gradient and scores them on validation images
kernels/    the parts of `compiled`: arrays, kernel calls, simplification
training/   the parts of `trainer`: batched networks, batches, the training loop
workers/    the parts of `processes`: units of work, worker processes, the worker pool
"""
