"""The clock: the records of all tapes in the order in which their bars close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.tape import Tape
from worker.engine.bar import BAR
from worker.engine.periods import close_times
from worker.engine.stages.ingestion import NO_EXTRAS, Decoded, Decoder, rows_of

Ints = NDArray[np.int64]
PROOF = 3  # late bars in a row, each after the one before, that show that the bar ahead of them had a wrong time


class Clock(NamedTuple):
    """n records; which of them come together does not depend on the order of the tapes."""

    tapes: list[Tape]  # by key
    owner: Ints  # tape of each record
    row: Ints  # of the record in its tape
    ts: Ints  # when it is played, epoch ms, ascending
    decoded: Decoded

    def __len__(self) -> int:
        return len(self.ts)

    def between(self, start: int, stop: int) -> Decoded:
        """Return the records `start` to `stop` as the engine reads them, without what only rejections need."""
        whole = self.decoded
        extras = whole.extras[start:stop] if len(whole.extras) else NO_EXTRAS
        return Decoded(whole.bars[start:stop], {}, whole.has_ts[start:stop], {}, extras)

    def ends(self, length: int) -> list[tuple[int, int]]:
        """Return (time, end) of each step of a grid of `length` ms that has records: those before `end` are due."""
        points = -(-self.ts // length) * length
        last = np.flatnonzero(np.diff(points, append=points[-1:] + 1))
        return list(zip(points[last].tolist(), (last + 1).tolist(), strict=True))


def clock(tapes: Sequence[Tape], decoder: Decoder, ahead_ms: int) -> Clock:
    """Return the clock of tapes; a bar may close `ahead_ms` after its record's timestamp."""
    tapes = sorted(tapes, key=lambda tape: (tape.key is not None, tape.key or b""))
    each = [_whole(tape, decoder) for tape in tapes]
    times = [forward(_times(one.bars, ahead_ms)) for one in each]
    ts = np.concatenate([np.zeros(0, np.int64), *times])
    sizes = [len(tape) for tape in tapes]
    owner = np.repeat(np.arange(len(tapes)), sizes)
    row = np.concatenate([np.zeros(0, np.int64), *map(np.arange, sizes)])
    order = np.lexsort((row, owner, ts))
    return Clock(tapes, owner[order], row[order], ts[order], _ordered(_joined(each), order))


def forward(times: Ints) -> Ints:
    """Return times that never go back, (n,): a late record is played with the one before it.

    A bar whose time `PROOF` later ones refute is played with the one before it, too.
    """
    if (np.diff(times) >= 0).all():
        return times
    found = times.copy()
    jump, before, run = 0, int(times[0]), 0  # the newest forward jump, the time before it, late bars in a row
    for at in range(1, len(times)):
        now, ahead = int(times[at]), int(found[at - 1])
        if now >= ahead:
            if now > ahead:
                jump, before = at, ahead
            run = 0
            continue
        # As the engine takes a late bar: only if it is newer than what came before the jump.
        run = run + 1 if now > before and (run == 0 or now > int(times[at - 1])) else int(now > before)
        found[at] = ahead
        if run == PROOF:
            found[jump:at], found[at], run = before, now, 0
            jump = at
    return found


def _times(bars: NDArray[Any], ahead_ms: int) -> Ints:
    """Return each bar's close; where that is unreadable or not possible yet, its record's timestamp."""
    ends, arrived = close_times(bars), bars["ingest_ts"]
    times: Ints = np.where((bars["mask"] == 0) & (ends <= arrived + ahead_ms), ends, arrived)
    return times


def _whole(tape: Tape, decoder: Decoder) -> Decoded:
    return _joined([part.read(decoder, 0, len(part)) for part in tape.parts])


def _joined(parts: Sequence[Decoded]) -> Decoded:
    starts = np.cumsum([0, *(len(part.bars) for part in parts)]).tolist()
    return Decoded(
        np.concatenate([np.zeros(0, BAR), *(part.bars for part in parts)]),
        {start + at: text for start, part in zip(starts, parts, strict=False) for at, text in part.symbols.items()},
        np.concatenate([np.zeros(0, np.bool_), *(part.has_ts for part in parts)]),
        {start + at: text for start, part in zip(starts, parts, strict=False) for at, text in part.details.items()},
        _extras(parts),
    )


def _extras(parts: Sequence[Decoded]) -> NDArray[np.float64]:
    width = max((part.extras.shape[1] for part in parts), default=0)
    if not width:
        return NO_EXTRAS
    return np.concatenate(
        [part.extras if part.extras.shape[1] else np.full((len(part.bars), width), np.nan) for part in parts]
    )


def _ordered(decoded: Decoded, order: Ints) -> Decoded:
    extras = decoded.extras[order] if decoded.extras.shape[1] else NO_EXTRAS
    return rows_of(decoded, order)._replace(extras=extras)
