"""The numbered steps of the demo: their time, and the one that failed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aiokafka.errors import KafkaError

from worker.demo.screen import Screen
from worker.errors import AlphapulseError


class StepDone(NamedTuple):
    """A finished step, for the summary."""

    text: str
    seconds: float


class Step:
    """The present step; `text` is what is shown when it is done."""

    def __init__(self, title: str) -> None:
        self.text = title


class Steps:
    """The steps of a run, announced on a screen."""

    def __init__(self, screen: Screen) -> None:
        self.done: list[StepDone] = []
        self._screen = screen

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run one step; its end is announced unless it is interrupted.

        Raises:
            AlphapulseError: naming the step, when the network or the system failed it.
        """
        number, begun, step = len(self.done) + 1, time.monotonic(), Step(title)
        self._screen.begin(number, title)
        try:
            yield step
        except AlphapulseError:
            self._screen.failed(number, title, time.monotonic() - begun)
            raise
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            self._screen.failed(number, title, time.monotonic() - begun)
            raise AlphapulseError(f"step {number} ({title}) failed: {error!r}") from error
        self.done.append(StepDone(step.text, time.monotonic() - begun))
        self._screen.done(number, *self.done[-1])
