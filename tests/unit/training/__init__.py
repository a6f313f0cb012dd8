"""Training: labels, splits, evaluation, export."""
