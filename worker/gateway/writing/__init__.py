"""Writes: an act of a caller, once for each idempotency key, and what is known of former ones."""
