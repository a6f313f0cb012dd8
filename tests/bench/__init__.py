"""Benchmarks; not collected by pytest's default run."""
