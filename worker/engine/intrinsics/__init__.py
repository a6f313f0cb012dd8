"""Intrinsics of compiled code: memory at addresses, scratch space, prefetch hints."""
