"""The input of a backtest: each symbol's records in input order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from worker.engine.records import Records

Raw = tuple[bytes | None, bytes | None, int]  # key, value, timestamp in epoch ms


@dataclass
class Tape:
    """All records of one key. Keys share no state, so each tape can be run by itself."""

    key: bytes | None
    values: list[bytes | None] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def name(self) -> str:
        """The symbol, for people."""
        return "(no key)" if self.key is None else self.key.decode(errors="replace")

    def slice(self, start: int, stop: int) -> Records:
        """Records `start` to `stop` (exclusive)."""
        values = self.values[start:stop]
        return Records([self.key] * len(values), values, self.timestamps[start:stop])


def tapes(records: Iterable[Raw]) -> list[Tape]:
    """One tape a key, in the order of the keys' first records."""
    found: dict[bytes | None, Tape] = {}
    for key, value, timestamp in records:
        tape = found.get(key)
        if tape is None:
            tape = found[key] = Tape(key)
        tape.values.append(value)
        tape.timestamps.append(timestamp)
    return list(found.values())
