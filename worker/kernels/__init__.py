"""Compilation ahead of use: all kernels, by several processes at once, and as files that the package carries."""
