"""All records in the order of their closes, whatever the order of the files."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.crash import tick
from tests.support.portfolio import MINUTE, START
from tests.unit.backtest.market import market
from worker.backtest.portfolio.clock import Clock, clock, forward
from worker.backtest.tape import Raw, tapes
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder


def clock_of(*records: Raw) -> Clock:
    return clock(tapes(records), Decoder(EngineSettings().ingestion, {}), 5_000)


def shown(found: Clock) -> list[tuple[str, int]]:
    return [(found.tapes[owner].name, row) for owner, row in zip(found.owner.tolist(), found.row.tolist(), strict=True)]


def test_bars_that_close_together_are_in_the_order_of_their_symbols() -> None:
    found = clock_of(
        tick("B", START, 1.0), tick("B", START + MINUTE, 1.0), tick("A", START, 1.0), tick("C", START, 1.0)
    )
    assert shown(found) == [("A", 0), ("B", 0), ("C", 0), ("B", 1)]
    assert found.ts.tolist() == [START + MINUTE] * 3 + [START + 2 * MINUTE]


def test_a_long_bar_comes_with_what_closes_with_it() -> None:
    found = clock_of(tick("A", START, 1.0, "5m"), *(tick("B", START + at * MINUTE, 1.0) for at in range(6)))
    # Its record is stamped a minute after its open, when it can't have closed yet.
    assert shown(found)[0] == ("A", 0)
    whole = tick("A", START, 1.0, "5m")[:2]
    found = clock_of((*whole, START + 5 * MINUTE), *(tick("B", START + at * MINUTE, 1.0) for at in range(6)))
    assert shown(found) == [*(("B", at) for at in range(4)), ("A", 0), ("B", 4), ("B", 5)]


def test_steps_end_behind_their_last_record() -> None:
    found = clock_of(*(tick("A", START + at * MINUTE, 1.0) for at in (0, 1, 2, 7)), tick("B", START + MINUTE, 1.0))
    assert found.ends(MINUTE) == [
        (START + 1 * MINUTE, 1), (START + 2 * MINUTE, 3), (START + 3 * MINUTE, 4), (START + 8 * MINUTE, 5)
    ]  # fmt: skip
    assert found.ends(5 * MINUTE) == [(START + 5 * MINUTE, 4), (START + 10 * MINUTE, 5)]
    assert clock_of().ends(MINUTE) == []


def test_the_order_of_the_tapes_changes_nothing() -> None:
    found, other = clock_of(*market()), clock(tapes(market())[::-1], Decoder(EngineSettings().ingestion, {}), 5_000)
    assert shown(found) == shown(other)
    assert found.decoded.bars.tobytes() == other.decoded.bars.tobytes()
    assert found.decoded.details == other.decoded.details != {}
    assert (np.diff(found.ts) >= 0).all()
    for owner, tape in enumerate(found.tapes):
        mine = np.flatnonzero(found.owner == owner)
        assert found.row[mine].tolist() == list(range(len(tape)))
        records = [tape.record(row) for row in range(len(tape))]
        assert records == [each for each in market() if each[0] == tape.key]


@pytest.mark.parametrize(
    ("times", "played"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, 3, 2, 4], [1, 3, 3, 4]),  # a late record
        ([1, 2, 99, 3, 4, 5, 6], [1, 2, 2, 2, 2, 5, 6]),  # a bar of a wrong clock, and three that refute it
        ([1, 2, 99, 3, 4, 4, 5, 6], [1, 2, 2, 2, 2, 2, 2, 6]),  # a run has to ascend
        ([5, 6, 7, 1, 2, 3, 8], [5, 6, 7, 7, 7, 7, 8]),  # the same file once more refutes nothing
        ([99, 1, 2, 3, 4], [99, 99, 99, 99, 99]),  # nothing before it shows that it is wrong
        ([], []),
    ],
)
def test_time_goes_forward(times: list[int], played: list[int]) -> None:
    assert forward(np.array(times, np.int64)).tolist() == played
