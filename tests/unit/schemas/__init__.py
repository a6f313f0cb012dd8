"""Unit tests of the wire structs."""
