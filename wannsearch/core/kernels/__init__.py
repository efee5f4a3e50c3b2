"""core/kernels"""
