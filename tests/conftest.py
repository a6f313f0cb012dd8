"""What all tests share."""

from __future__ import annotations

import gc

from hypothesis import settings

# CI machines are shared: how long one example takes says nothing about the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

# Whatever modules and tests are made of stays: looking for garbage among it costs a twentieth of all time.
gc.disable()


def pytest_collection_finish() -> None:
    """Leave what lives as long as the tests out of every collection of garbage, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()
