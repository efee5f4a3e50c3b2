"""evaluators/kernels"""
