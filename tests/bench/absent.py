"""A program that is compared, and that this machine can't run."""

from __future__ import annotations


class Absent(Exception):
    """It can't be installed here; the text says why."""
