"""Unit tests of metrics, logs and probes."""
