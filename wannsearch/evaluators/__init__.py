"""Who plays networks on tasks.

reference   plain NumPy, one network at a time: the oracle that the others must agree with
compiled    lanes of weights x episodes in vector code, several networks at once
lanes/      what `compiled` is made of
"""
