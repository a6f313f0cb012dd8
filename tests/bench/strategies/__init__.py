"""Strategies against programs that are not ours: trade by trade, and their speed (`make strategies`)."""
