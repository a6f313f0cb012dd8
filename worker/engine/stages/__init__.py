"""The stages in pipeline order: ingestion, validation, normalization, features, patterns, regime, then the deciding ones."""
