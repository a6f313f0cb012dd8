"""Families of metrics that find a child by its labels at once: the library's look-up takes longer than counting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import Counter, Gauge, Metric
from prometheus_client.metrics import MetricWrapperBase


class _Remembering(MetricWrapperBase):
    def __init__(self, *given: Any, **named: Any) -> None:
        self._children: dict[tuple[object, ...], Any] = {}
        super().__init__(*given, **named)

    def labels(self, *values: object, **named: object) -> Any:
        """Return the child of these label values; create it if there is none."""
        child = self._children.get(values)
        if child is None or named:
            child = super().labels(*values, **named)
            if not named:
                self._children[values] = child
        return child

    def remove(self, *values: object) -> None:
        """Drop the child of these label values."""
        self._children.clear()  # the same values may be there as numbers and as texts
        super().remove(*values)

    def clear(self) -> None:
        """Drop all children."""
        self._children.clear()
        super().clear()


class QuickCounter(_Remembering, Counter):
    """A Counter; `before` is called before it is read."""

    before: Callable[[], None] | None = None

    def collect(self) -> Iterable[Metric]:
        """Return its samples."""
        if self.before is not None:
            self.before()
        return super().collect()


class QuickGauge(_Remembering, Gauge):
    """A Gauge."""
