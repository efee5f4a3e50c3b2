"""Worker processes that evaluate units of work, and the pool that supervises them.

process           one worker from the side of the parent process: start, messages, end
progress          the unit that a worker is in, in memory that its parent process can read
speed_probe       the speed of a task, measured before a search begins
units             an evaluation split into units that can be evaluated apart
worker            the loop inside a worker: the other end of the socket
worker_evaluator  base class of the evaluators whose work is done by workers
worker_pool       all workers: hands out units, replaces ended and hung workers
"""
