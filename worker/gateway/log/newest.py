"""The newest record of each key, and where its records in memory lie."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog


class _Key:
    __slots__ = ("entry", "head", "offsets")

    def __init__(self, entry: Entry) -> None:
        self.entry, self.offsets, self.head = entry, array("q"), 0


class Newest:
    """Listens to a topic whose keys are symbols."""

    def __init__(self, log: TopicLog, keep: bool = True) -> None:
        """Listen to a log; without `keep` a key is forgotten with its last record in memory."""
        self._keep = keep
        self._log = log
        self._known: dict[str, _Key] = {}
        self._elsewhere: set[str] = set()  # keys that lie in more than one partition
        log.listen(self._heard)
        log.on_evicted(self._evicted)

    def __len__(self) -> int:
        return len(self._known)

    def of(self, symbol: str) -> Entry | None:
        """Return the newest record of a symbol; None where none was read."""
        found = self._known.get(symbol)
        return None if found is None else found.entry

    def symbols(self) -> list[str]:
        """Return all symbols, in order of their first records."""
        return list(self._known)

    def offsets(self, symbol: str) -> list[int]:
        """Return the offsets of a symbol's records in memory, in the partition of its newest one."""
        found = self._known.get(symbol)
        return [] if found is None else found.offsets[found.head :].tolist()

    def places(self, symbol: str) -> Callable[[int], list[int] | None]:
        """Return the function that tells the offsets of a symbol's records in memory, by partition.

        It tells None where they are not known: the symbol's key lies in more than one partition.
        """

        def of(partition: int) -> list[int] | None:
            if symbol in self._elsewhere:
                return None
            found = self._known.get(symbol)
            return self.offsets(symbol) if found is not None and found.entry.partition == partition else []

        return of

    def remember(self, entry: Entry) -> None:
        """Take an older record of a key that is not known."""
        if (symbol := name_of(entry.key)) not in self._known:
            self._known[symbol] = _Key(entry)

    def _heard(self, entries: list[Entry]) -> None:
        if not entries:
            self._known.clear()
            self._elsewhere.clear()
        for entry in entries:
            symbol = name_of(entry.key)
            found = self._known.get(symbol)
            if found is None:
                found = self._known[symbol] = _Key(entry)
            elif found.entry.partition != entry.partition:
                self._elsewhere.add(symbol)
                if entry.timestamp < found.entry.timestamp:
                    continue  # a key of two partitions: the newer one counts
                found.offsets, found.head = array("q"), 0
            found.entry = entry
            found.offsets.append(entry.offset)

    def _evicted(self, entry: Entry) -> None:
        found = self._known.get(name_of(entry.key))
        if found is None or found.head >= len(found.offsets) or found.offsets[found.head] != entry.offset:
            return
        found.head += 1
        if not self._keep and found.head == len(found.offsets):
            del self._known[name_of(entry.key)]
            return
        if found.head >= 64 and found.head * 2 >= len(found.offsets):
            del found.offsets[: found.head]
            found.head = 0


def name_of(key: bytes | None) -> str:
    """Return a key as text; what is no UTF-8 is replaced."""
    return "" if key is None else key.decode("utf-8", "replace")
