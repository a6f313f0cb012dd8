"""The latest accepted result of each symbol."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from worker.inprocess.result import ProcessingResult


class LatestResults:
    """A cache of at most `capacity` symbols that evicts the least recently written or read. `capacity` 0 keeps none."""

    def __init__(self, capacity: int) -> None:
        self._results: OrderedDict[str, ProcessingResult] = OrderedDict()
        self._capacity = capacity
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._results)

    def put(self, results: Iterable[ProcessingResult]) -> None:
        """Add results, oldest first; skip rejected ones."""
        if not self._capacity:
            return
        newest = {str.__str__(result.point.symbol): result for result in results if result.accepted}
        with self._lock:
            for symbol, result in newest.items():
                self._results[symbol] = result
                self._results.move_to_end(symbol)
            while len(self._results) > self._capacity:
                self._results.popitem(last=False)

    def get(self, symbol: str) -> ProcessingResult | None:
        """Return the symbol's latest accepted result."""
        with self._lock:
            if symbol in self._results:
                self._results.move_to_end(symbol)
            return self._results.get(symbol)
