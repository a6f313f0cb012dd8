"""Unit tests of tables from decisions."""
