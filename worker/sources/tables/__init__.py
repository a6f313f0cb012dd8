"""Tables of bars: bytes to columns, and which column is what."""
