"""What is in memory is the newest part of the topic, within its limit, and each key's place in it is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.made_logs import MadeLogs
from worker.gateway.log.entry import Entry
from worker.gateway.log.held import COMPACT, ROW, Held
from worker.gateway.log.newest import Newest
from worker.gateway.log.topic_log import TopicLog

KEYS = [b"A", b"B", b"C", None, b"\xff"]
steps = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 1), st.sampled_from(KEYS), st.integers(1, 3), st.integers(0, 9)), st.just("evict")
    ),
    max_size=60,
)


@given(steps, st.booleans())
def test_memory_is_the_end_of_the_topic(given: list[tuple[int, bytes | None, int, int] | str], keep: bool) -> None:
    log = TopicLog("t")
    log.begin(1, [3, 0], [3, 0])
    newest = Newest(log, keep)
    heard: list[Entry] = []
    log.listen(heard.extend)
    wrote: list[list[Entry]] = [[], []]
    evicted = [0, 0]
    for one in given:
        if isinstance(one, str):
            if any(len(mine) > gone for mine, gone in zip(wrote, evicted, strict=True)):
                before = log.hot
                log.evict()
                [at] = [p for p in (0, 1) if log.hot[p] != before[p]]
                evicted[at] += 1
            continue
        at, key, step, time = one
        entry = Entry(at, log.ends[at] + step, time, key, b"v" * time)
        wrote[at].append(entry)
        ends = list(log.ends)
        ends[at] = entry.offset + 1
        log.took([entry], ends)
    kept = [mine[gone:] for mine, gone in zip(wrote, evicted, strict=True)]
    for at in (0, 1):
        assert log.since(at, 0, 100) == kept[at]
        assert log.before(at, 10**9, 100) == kept[at][::-1]
        for entry in kept[at]:
            assert log.at(at, entry.offset) == entry
            assert log.at(at, entry.offset - 1) in (None, *kept[at])
            assert log.since(at, entry.offset, 1) == [entry]
    assert log.bytes == sum(ROW + len(entry.value or b"") for mine in kept for entry in mine)
    assert sorted(heard) == sorted(wrote[0] + wrote[1])
    for symbol in newest.symbols():
        for at in (0, 1):
            places = newest.places(symbol)(at)
            mine = [one.offset for one in kept[at] if (one.key or b"").decode(errors="replace") == symbol]
            assert places in (None, mine)


def test_a_long_column_is_cut_without_a_loss() -> None:
    held = Held(0, 0)
    for offset in range(3 * COMPACT):
        held.append(Entry(0, offset, offset, b"k", b"v"))
    for offset in range(2 * COMPACT):
        assert held.evict().offset == offset
    assert (len(held), held.hot) == (COMPACT, 2 * COMPACT)
    assert [entry.offset for entry in held.since(0, 3)] == [2 * COMPACT, 2 * COMPACT + 1, 2 * COMPACT + 2]
    assert held.bytes == COMPACT * (ROW + 1)


def test_all_topics_together_stay_within_their_limit() -> None:
    made = MadeLogs(gateway={"hot_bytes": 1_048_576})
    topics = made.settings.topics
    few = [Entry(0, at, at, b"*", b"p" * 100) for at in range(20)]
    made.fill(topics.figures, [few])
    made.fill(topics.output, [[Entry(p, at, at, b"k", b"v" * 2_000) for at in range(600)] for p in (0, 1)])
    logs = made.gateway.logs
    logs._trim()
    assert 1_040_000 < logs.bytes <= 1_048_576
    decisions = made.log(topics.output)
    assert abs(decisions.hot[0] - decisions.hot[1]) <= 1, "each partition keeps as much"
    assert made.log(topics.figures).since(0, 0, 100) == few, "a small topic stays whole"


def test_a_listener_that_fails_stops_no_other() -> None:
    log = TopicLog("t")
    log.begin(1, [0], [0])
    heard: list[Entry] = []

    def fails(entries: list[Entry]) -> None:
        raise ValueError

    log.listen(fails)
    stop = log.listen(heard.extend)
    entry = Entry(0, 0, 0, None, None)
    log.took([entry], [1])
    assert heard == [entry]
    stop()
    log.took([entry], [2])
    assert heard == [entry]
