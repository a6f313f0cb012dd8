"""The two ways to run a strategy: as machine code, or interpreted."""
