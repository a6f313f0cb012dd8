"""What answers consist of: one msgspec struct an answer, one file an area."""
