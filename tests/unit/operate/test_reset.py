"""What a reset decides: rebuild where input and journal reach back, else begin anew, and never half of it."""

from __future__ import annotations

import pytest

from schemas.state import JournalEntry
from worker.errors import ConfigError
from worker.operate.reset import obstacle, renewed
from worker.stream.state.checkpoint import Checkpoint, Committed
from worker.stream.state.topic import StateRecords

ENTRY = JournalEntry(1, "*", 2, 7, 40, 0, 0, 0, None)
KNOWN = Checkpoint(origin=10, replay_from=70, saved=5, partitions=4, journal=1, journal_from=10)


def stored(refused: int = 0) -> StateRecords:
    return StateRecords(journal=[ENTRY], refused_entries=[b"__journal__x"] * refused)


def found(**changed: int) -> Committed:
    return Committed(100, KNOWN._replace(**changed))


@pytest.mark.parametrize(
    ("committed", "state", "first", "why"),
    [
        (found(), stored(), 0, ""),
        (found(), stored(), 10, ""),
        (found(), stored(), 11, "the input begins at offset 11, the group began at 10"),
        (found(journal_from=40), stored(), 0, "the journal of limits begins at offset 40, the group began at 10"),
        (found(journal=2), stored(), 0, "the journal of limits has lost entries"),
        (found(), stored(refused=1), 0, "the journal of limits has lost entries"),
        (Committed(100, None), stored(), 0, "the offset was set by hand"),
    ],
)
def test_what_keeps_a_state_from_being_rebuilt(committed: Committed, state: StateRecords, first: int, why: str) -> None:
    assert obstacle(committed, state, first) == why


def test_a_rebuilt_state_begins_where_the_group_began() -> None:
    assert renewed(found(), stored(), 4, anew=False) == Checkpoint(10, 10, 0, 4, 1, 10)


def test_a_state_begun_anew_begins_at_the_committed_offset_with_the_entries_there_are() -> None:
    assert renewed(found(journal=3, journal_from=40), stored(), 4, anew=True) == Checkpoint(100, 100, 0, 4, 1, 100)
    assert renewed(Committed(100, None), stored(), 4, anew=True) == Checkpoint(100, 100, 0, 4, 1, 100)


def test_another_partition_count_is_refused() -> None:
    with pytest.raises(ConfigError, match="made for 4"):
        renewed(found(), stored(), 8, anew=True)
