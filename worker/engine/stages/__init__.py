"""The stages: ingestion, validation, normalization, features, patterns, regime, then the deciding ones."""
