"""Unit tests of the in-process API."""
