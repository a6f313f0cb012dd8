"""What all tests share."""

from __future__ import annotations

import gc
from functools import cache

import typer.main
import typer.testing
from hypothesis import settings

from tests.support.examples import drawn

# CI machines are shared: how long one example takes says nothing about the code.
settings.register_profile("shared", deadline=None, max_examples=drawn(40, 200))
settings.load_profile("shared")

# Typer makes all commands anew, in 30 ms, whenever one is run: once for a user, hundreds of times here.
typer.main.get_command = cache(typer.main.get_command)
vars(typer.testing)["_get_command"] = typer.main.get_command

# Whatever modules and tests are made of stays: looking for garbage among it costs a twentieth of all time.
gc.disable()


def pytest_collection_finish() -> None:
    """Leave what lives as long as the tests out of every collection of garbage, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()
