"""Compiled kernels: the CPU they are for, where they are kept, and those that came with the package."""
