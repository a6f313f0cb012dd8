"""Queues of points and of results, and listeners to their changes."""
