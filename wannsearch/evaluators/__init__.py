"""Who plays networks on tasks.

reference   plain NumPy, one network at a time: the oracle that the others must agree with
compiled    lanes of weights x episodes in vector code, several networks at once
processes   individuals over supervised processes, each with one of the others
not_finite  why a network of theirs scored NaN
trainer     no play: sub-networks, trained by gradient
lanes/      what `compiled` is made of
training/   what `trainer` is made of
workers/    what `processes` is made of
"""
