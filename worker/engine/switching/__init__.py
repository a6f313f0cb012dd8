"""States kept as bytes, and strategies that the journal switches: which decides a bar, and what it takes over."""
