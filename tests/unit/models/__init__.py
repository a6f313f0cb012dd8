"""The registry, scoring, circuits and plugins."""
