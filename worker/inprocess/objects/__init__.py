"""User objects in place of parts of the engine: what they offer, and how they are called."""
