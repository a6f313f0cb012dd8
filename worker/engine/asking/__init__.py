"""How the engine asks a strategy at a bar, what it may answer, and what stands between bars."""
