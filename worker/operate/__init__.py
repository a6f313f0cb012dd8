"""Operators' tools beside the fleet: verification, resets, and views of its topics."""
