"""What all tests share."""

from __future__ import annotations

import gc

from hypothesis import settings

# CI machines are shared: how long one example takes says nothing about the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


def pytest_collection_finish() -> None:
    """Leave what lives as long as the tests out of every collection of garbage."""
    gc.collect()
    gc.freeze()
