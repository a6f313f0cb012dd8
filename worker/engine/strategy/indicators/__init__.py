"""The indicators of a strategy: one family a file, each a list of kinds and the kernel that advances them."""
