"""Callbacks of the pipeline: registration and calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, get_args

from schemas import Decision
from worker.inprocess.coroutines import CoroutineRunner
from worker.inprocess.errors import ErrorLog, PipelineError
from worker.inprocess.result import ProcessingResult

Event = Literal["data_processed", "data_rejected", "decision", "error"]
EVENTS: tuple[str, ...] = get_args(Event)
Callback = Callable[[Any], Any]


class Callbacks:
    """Functions by event. Plain ones run in the thread that processed the point, coroutine functions on a loop.

    A failing callback is counted and reported as an `error`; the others and the pipeline continue.
    """

    def __init__(self, errors: ErrorLog, runner: CoroutineRunner) -> None:
        self._by_event: dict[str, list[Callback]] = {event: [] for event in EVENTS}
        self._errors, self._runner = errors, runner

    def add(self, event: str, function: Callback) -> None:
        """Call `function` at every `event`.

        Raises:
            ValueError: there is no such event.
        """
        if event not in self._by_event:
            raise ValueError(f"{event!r} is not an event; known: {', '.join(EVENTS)}")
        if not callable(function):
            raise TypeError(f"{function!r} cannot be called")
        self._by_event[event] = [*self._by_event[event], function]

    def results(self, results: Sequence[ProcessingResult]) -> None:
        """Report results to the callbacks, in order."""
        processed, rejected, decided = (self._by_event[e] for e in ("data_processed", "data_rejected", "decision"))
        if not (processed or rejected or decided):
            return
        for result in results:
            if not result.accepted:
                self._tell("data_rejected", rejected, result, result.symbol)
                continue
            self._tell("data_processed", processed, result, result.symbol)
            if decided:
                assert isinstance(result.outcome, Decision)
                self._tell("decision", decided, result.outcome, result.symbol)

    def error(self, source: str, exception: BaseException, symbol: str | None = None) -> PipelineError:
        """Log a failure and report it; a failing `error` callback is only logged."""
        error = self._errors.add(source, exception, symbol)
        if source != "callback:error":
            self._tell("error", self._by_event["error"], error, symbol)
        return error

    def _tell(self, event: str, functions: Sequence[Callback], argument: Any, symbol: str | None) -> None:
        for function in functions:
            try:
                if inspect.iscoroutinefunction(function):
                    failed = partial(self.error, f"callback:{event}", symbol=symbol)
                    self._runner.submit(function, argument, failed)
                else:
                    function(argument)
            except Exception as error:  # a user's function may raise anything; the pipeline goes on
                self.error(f"callback:{event}", error, symbol)
