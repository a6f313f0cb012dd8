"""The state of every symbol: its layout, its place in memory, and its fingerprint."""
