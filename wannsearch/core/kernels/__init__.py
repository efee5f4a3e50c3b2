"""Compiled kernels: compilation, the cache of machine code, and random draws inside kernels.

compiling      the `kernel` decorator, and the folder of compiled code
kernel_cache   numba's cache with sealed files
philox         the draws of `core.streams` inside kernels
"""
