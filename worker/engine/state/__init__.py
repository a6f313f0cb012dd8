"""The state of every symbol: its layout, where it lies, and what it must have been made with."""
