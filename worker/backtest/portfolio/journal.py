"""The journal of control records: what the monitor wrote, and from which record of the clock on it applies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from schemas.control import Control
from schemas.state import JournalEntry
from worker.engine.controls import Controls
from worker.errors import DataError

FORMAT = 1  # of the entries
ANY_TIME = -(2**63)  # a removal holds at once


class Noted(msgspec.Struct):
    """A control record in the file of a journal."""

    visible_from: int  # first record of the clock that saw it
    ts: int  # when it was written, epoch ms UTC
    key: str
    control: Control | None  # null: the key was removed


class Journal:
    """The entries so far."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self._ordinals: Counter[str] = Counter()
        self._versions: dict[str, int] = {}

    def note(self, noted: Noted) -> JournalEntry:
        """Append a record, and return its entry, as a worker makes it."""
        key, control = noted.key, noted.control
        self._ordinals[key] += 1
        version = self._versions[key] = control.version if control else self._versions.get(key, 0)
        entry = JournalEntry(
            format=FORMAT,
            key=key,
            ordinal=self._ordinals[key],
            version=version,
            visible_from=noted.visible_from,
            effective_ts=control.effective_ts if control else ANY_TIME,
            ts=noted.ts,
            offset=len(self.entries),
            control=control,
        )
        self.entries.append(entry)
        return entry


_decode = msgspec.json.Decoder(Noted).decode
_control = msgspec.json.Decoder(Control).decode
_lines = msgspec.json.Encoder().encode_lines


def noted(written: Iterable[tuple[str, bytes | None]], visible_from: int, ts: int) -> list[Noted]:
    """Return the control records that a step wrote at `ts`; they apply from the record `visible_from` on."""
    return [Noted(visible_from, ts, key, _control(value) if value else None) for key, value in written]


def lines(of: Sequence[Noted]) -> bytes:
    """Return records as they stand in the file."""
    return _lines(of)


def read_journal(path: Path) -> list[Noted]:
    """Read the file of a journal.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return [_decode(line) for line in file]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "Give the folder of a --portfolio run") from None
    except msgspec.DecodeError as error:
        raise DataError(f"{path} is no journal: {error}", "Give the folder of a --portfolio run") from None


def enter(controls: Controls, entries: Sequence[JournalEntry], at: int) -> None:
    """Add entries before the record `at` is played; forget those that no later record can meet."""
    for entry in entries:
        controls.add(entry)
    if entries:
        controls.remove(controls.unneeded(at))
