"""Worker processes that evaluate units of work, and the pool that supervises them.

process      one worker from the side of the parent process: start, messages, end
units        an evaluation split into units that can be evaluated apart
worker       the loop inside a worker: the other end of the socket
worker_pool  all workers: hands out units, replaces ended and hung workers
"""
