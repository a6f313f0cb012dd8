"""The state of trading in words, and its last minutes."""
