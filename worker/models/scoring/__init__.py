"""Rows of features to probabilities and statuses."""
