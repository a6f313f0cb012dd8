"""One check a file: each plays the strategy in its own way and says what is wrong."""
