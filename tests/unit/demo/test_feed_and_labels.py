"""The ground truth of the demo: what was sent is booked at its offset, and compared strictly."""

from __future__ import annotations

from itertools import islice

from worker.demo.feed import Feed
from worker.demo.labels import compare
from worker.sources.publisher import partition_of


def test_a_record_is_booked_at_its_offset_once_the_next_is_asked_for() -> None:
    feed = Feed(symbols=12, partitions=3, planned=30_000)
    sent = list(islice(feed, 20_000))
    assert feed.ends.total() == 19_999  # the last is in our hands, not sent
    assert feed.real + feed.simulated == 19_999
    assert feed.symbols == 14
    homes: dict[int, list[bytes]] = {p: [] for p in range(3)}
    for record in sent[:-1]:
        homes[partition_of(record.key, 3)].append(record.value)
    assert {p: len(values) for p, values in homes.items()} == dict(feed.ends)
    cut_or_broken = [place for place, code in feed.expected.items() if code == "negative_volume"]
    assert cut_or_broken
    assert all(b'"volume":-' in homes[p][offset] for p, offset in cut_or_broken)


def test_real_bars_are_spread_over_the_planned_records() -> None:
    feed = Feed(symbols=12, partitions=2, planned=40_248)
    keys = [record.key for record in islice(feed, 40_248)]
    real = [at for at, key in enumerate(keys) if key in (b"SPX", b"IXIC")]
    assert len(real) == 10_062
    assert sum(at < 20_000 for at in real) == 5_000


def test_rejections_must_be_the_faults_that_were_put_in() -> None:
    expected = {(0, 5): "duplicate_bar", (1, 7): "wick_spike"}
    check = compare(expected, {(0, 5): ("duplicate_bar",), (1, 7): ("stale", "wick_spike")})
    assert check.holds
    assert (check.labelled, check.matched) == (2, 2)


def test_each_difference_from_the_labels_is_found_and_named() -> None:
    expected = {(0, 5): "duplicate_bar", (1, 7): "wick_spike"}
    check = compare(expected, {(0, 5): ("out_of_order",), (2, 9): ("stale",)})
    assert not check.holds
    assert check.matched == 0
    assert check.missed == [
        "record 5 of partition 0 should be duplicate_bar but was rejected as out_of_order",
        "record 7 of partition 1 should be wick_spike but was accepted",
    ]
    assert check.unexpected == ["record 9 of partition 2 has no fault but was rejected as stale"]
    assert check.unexpected[0] in check.wrong
