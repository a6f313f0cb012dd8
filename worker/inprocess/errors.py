"""Failures other than rejected bars: counted, the newest kept."""

from __future__ import annotations

import threading
from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any, NamedTuple

from worker.errors import AlphapulseError

RECENT = 50


class PipelineStopped(AlphapulseError):
    """A point was added to a pipeline that does not run."""


class PipelineError(NamedTuple):
    """One failure: of a callback, of an integration object, or of the pipeline itself."""

    source: str  # `callback:decision`, `model_registry`, `pipeline`
    kind: str  # name of the exception's type
    message: str
    symbol: str | None
    at: datetime
    exception: BaseException


class ErrorLog:
    """Counts of failures by source and kind, and the newest failures. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_source: Counter[str] = Counter()
        self._by_kind: Counter[str] = Counter()
        self._recent: deque[PipelineError] = deque(maxlen=RECENT)

    def add(self, source: str, exception: BaseException, symbol: str | None = None) -> PipelineError:
        """Record a failure."""
        error = PipelineError(source, type(exception).__name__, str(exception), symbol, datetime.now(UTC), exception)
        with self._lock:
            self._by_source[source] += 1
            self._by_kind[error.kind] += 1
            self._recent.append(error)
        return error

    @property
    def total(self) -> int:
        """Number of failures."""
        with self._lock:
            return self._by_source.total()

    def summary(self) -> dict[str, Any]:
        """Return `total`, `by_source`, `by_type` and `recent` (newest last)."""
        with self._lock:
            return {
                "total": self._by_source.total(),
                "by_source": dict(self._by_source),
                "by_type": dict(self._by_kind),
                "recent": [
                    {name: value for name, value in error._asdict().items() if name != "exception"}
                    for error in self._recent
                ],
            }
