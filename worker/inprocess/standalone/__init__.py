"""Validation and normalization without a pipeline."""
