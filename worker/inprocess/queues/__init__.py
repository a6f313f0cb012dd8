"""Points that wait, results that wait to be read, and who is told of either."""
