"""User objects that replace parts of the engine: their protocols and their calls."""
