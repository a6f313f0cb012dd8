"""What the fleet shows from outside: lags of groups and metrics of workers. What is seen is journaled."""
