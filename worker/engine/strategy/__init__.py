"""Strategies as the engine runs them."""
