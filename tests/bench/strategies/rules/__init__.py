"""Strategies as users write them; each file is loaded by its path. `programs/` has the same rules for the oracles."""
