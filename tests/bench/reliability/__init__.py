"""What stated probabilities are worth on data that nothing was fitted to (`make bench WHAT=calibration`)."""
