"""Scoring: rows of features to probabilities and statuses."""
