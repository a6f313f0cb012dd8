"""Which control records a bar meets, and that of two the stricter value holds field by field."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas import Decision, Rejection
from schemas.state import JournalEntry
from tests.support.record_engine import RecordEngine
from tests.unit.engine.controls.entries import entry
from worker.engine.controls import KEPT, Controls
from worker.engine.records.raw import raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.sources.simulation.simulator import Simulation, simulated_records

STATIC = EngineSettings.model_validate({"risk": {"max_notional": 20_000.0}}).risk.params().limits
FIRST = 100  # input offset of the log's first record


def controls(*entries: JournalEntry) -> Controls:
    found = Controls(STATIC)
    for item in entries:
        found.add(item)
    return found


def limits(found: Controls, probes: Sequence[tuple[bytes | None, int, int]]) -> NDArray[Any]:
    """The limits of records, each a key, an offset and a bar's time."""
    keys, offsets, times = (list(column) for column in zip(*probes, strict=True))
    raw = raw_records(Records(keys, [b"12345678"] * len(keys), times), offsets)
    rows = found.limits(raw, np.array(times))
    assert np.array_equal(found.limits_of_keys(keys, np.array(offsets), np.array(times)), rows)
    return rows


def in_force(entries: list[JournalEntry], offset: int, ts: int) -> JournalEntry | None:
    """One record's entry of a key, looked for entry by entry."""
    seen = [item for item in reversed(entries) if item.visible_from <= offset]
    if not seen:
        return None
    count = [item for item in seen if seen[0].ordinal - item.ordinal < KEPT]
    far_behind = seen[0] if seen[0].ordinal > KEPT else None
    return next((item for item in count if item.effective_ts <= ts), far_behind)


def met(found: Controls, offset: int = 0, ts: int = 0, key: bytes = b"A") -> dict[str, Any]:
    """The limits of one record."""
    (row,) = limits(found, [(key, offset, ts)])
    return {name: row[name].item() for name in row.dtype.names}


def version(found: Controls, offset: int = 0, ts: int = 0, key: bytes = b"A") -> tuple[int, int]:
    row = met(found, offset, ts, key)
    return row["version"], row["all_version"]


@pytest.mark.parametrize(
    ("own", "common", "field", "wanted"),
    [
        ({"risk_mult": 0.5}, {"risk_mult": 0.25}, "risk_mult", 0.25),
        ({"risk_mult": 0.5}, {}, "risk_mult", 0.5),
        ({"max_notional": 900.0}, {"max_notional": 800.0}, "max_notional", 800.0),
        ({"max_notional": 700.0}, {}, "max_notional", 700.0),
        ({}, {"max_notional": 700.0}, "max_notional", 700.0),
        ({"max_notional": 1e12}, {"max_notional": 1e12}, "max_notional", 20_000.0),
        ({}, {}, "max_notional", 20_000.0),
        ({"allow_open": False}, {}, "allow_open", False),
        ({}, {"allow_open": False}, "allow_open", False),
        ({}, {}, "allow_open", True),
        ({"kill": "close_all"}, {}, "kill", True),
        ({}, {"kill": "close_all"}, "kill", True),
        ({}, {}, "kill", False),
        ({"ts": 7}, {"ts": 5}, "ts", 5),
        ({"ts": 5}, {"ts": 7}, "ts", 5),
    ],
)
def test_the_stricter_value_holds(own: dict[str, Any], common: dict[str, Any], field: str, wanted: Any) -> None:
    row = met(controls(entry("A", 3, **own), entry("*", 8, **common)))
    assert row[field] == wanted
    assert (row["version"], row["all_version"]) == (3, 8)


def test_fields_of_both_records_mix() -> None:
    row = met(controls(entry("A", risk_mult=0.5, allow_open=False), entry("*", risk_mult=0.9, max_notional=50.0)))
    assert (row["risk_mult"], row["allow_open"], row["max_notional"]) == (0.5, False, 50.0)


def test_other_symbols_meet_the_record_for_all_alone() -> None:
    found = controls(entry("A", 3, kill="close_all"), entry("*", 8))
    assert version(found, key=b"B") == (0, 8)
    assert not met(found, key=b"B")["kill"]
    assert version(controls(entry("A", 3)), key=b"B") == (0, 0)


def test_without_an_entry_in_force_the_limits_are_the_static_ones() -> None:
    row = met(controls(entry("B")))
    assert {name: row[name] for name in row if name != "ts"} == {
        name: STATIC[0][name].item() for name in row if name != "ts"
    }


def test_an_entry_is_seen_from_its_offset_and_its_time_on() -> None:
    found = controls(
        entry("A", 1, visible_from=10, effective_ts=1_000), entry("A", 2, visible_from=20, effective_ts=2_000)
    )
    assert [version(found, offset, 5_000)[0] for offset in (9, 10, 19, 20)] == [0, 1, 1, 2]
    assert [version(found, 99, ts)[0] for ts in (999, 1_000, 1_999, 2_000)] == [0, 1, 1, 2]
    assert version(found, 15, 2_000) == (1, 0)


def test_a_newer_record_that_holds_from_an_earlier_time_wins() -> None:
    found = controls(entry("A", 1, effective_ts=2_000), entry("A", 2, visible_from=5, effective_ts=1_000))
    assert [version(found, offset, 2_000)[0] for offset in (4, 5)] == [1, 2]


def test_a_withdrawn_record_leaves_the_static_limits() -> None:
    found = controls(entry("A", 1, kill="close_all"), entry("A", 2, visible_from=7, withdrawn=True))
    assert met(found, 6)["kill"]
    assert not met(found, 7)["kill"]
    assert version(found, 7) == (0, 0)


def test_only_the_newest_entries_of_a_key_count() -> None:
    found = controls(*(entry("A", n, visible_from=n, effective_ts=n) for n in range(1, KEPT + 11)))
    assert version(found, 10**6, 11)[0] == 11
    assert version(found, 10**6, 10)[0] == KEPT + 10, "far behind what counts: the newest"
    assert version(found, KEPT, 10)[0] == 10, "what came later is not seen yet"
    assert version(found, KEPT, 0)[0] == 0, "before the first record of all"


journals = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(0, 5)).map(
        lambda t: {"step": t[0], "effective_ts": t[1], "ts": t[2]}
    ),
    min_size=1,
    max_size=12,
)


@given(journals, st.integers(0, 30))
def test_what_is_unneeded_no_later_record_meets(steps: list[dict[str, int]], offset: int) -> None:
    at, items = 0, []
    for ordinal, step in enumerate(steps, 1):
        at += step["step"]
        items.append(entry("A", ordinal, visible_from=at, effective_ts=step["effective_ts"], ts=step["ts"]))
    whole, rest = controls(*items), controls(*items)
    gone = rest.unneeded(offset)
    rest.remove(gone)
    assert len(rest) == len(whole) - len(gone)
    probes = [(b"A", at, ts) for at in range(offset, offset + 32) for ts in range(-1, 14)]
    assert np.array_equal(limits(whole, probes), limits(rest, probes))


@given(st.lists(st.tuples(st.sampled_from(["A", "B", "*"]), journals), max_size=3), st.integers(0, 2 * KEPT))
def test_each_record_meets_the_newest_entries_in_force(
    steps: list[tuple[str, list[dict[str, int]]]], jump: int
) -> None:
    found, entries = Controls(STATIC), dict[bytes, list[JournalEntry]]()
    ordinals: Counter[str] = Counter()
    for key, items in steps:
        at = 0
        for item in items:
            ordinals[key] += 1 + jump * (item["ts"] == 0)  # those between went when later ones replaced them
            at += item["step"]
            effective, ts = item["effective_ts"], item["ts"]
            added = entry(key, ordinals[key], visible_from=at, effective_ts=effective, ts=ts)
            entries.setdefault(key.encode(), []).append(added)
            found.add(added)
    probes = [(key, at, ts) for key in (b"A", b"C", b"*", b"B", None) for at in range(0, 40, 3) for ts in range(-1, 14)]
    for (of, at, ts), row in zip(probes, limits(found, probes), strict=True):
        own = None if of == b"*" else in_force(entries.get(of or b"", []), at, ts)
        common = in_force(entries.get(b"*", []), at, ts)
        assert (row["version"], row["all_version"]) == tuple(item.version if item else 0 for item in (own, common))
        assert row["ts"] == min(item.ts if item else np.iinfo(np.int64).max for item in (own, common))


def test_entries_that_later_ones_replace_are_unneeded() -> None:
    found = controls(*(entry("A", n, visible_from=n) for n in range(1, 6)))
    assert [item.ordinal for item in found.unneeded(3)] == [2, 1]
    found = controls(*(entry("A", n, visible_from=n, effective_ts=n) for n in range(1, KEPT + 4)))
    assert [item.ordinal for item in found.unneeded(KEPT + 2)] == [2, 1]


@cache
def log() -> Records:
    made = list(simulated_records(Simulation(symbols=4, bars=60, seed=3)))
    return Records([r.key for r in made], [r.value for r in made], [r.timestamp_ms for r in made])


def journal() -> list[JournalEntry]:
    """Entries that become visible in the middle of the log, for one symbol and for all."""
    ts = log().timestamps
    return [
        entry("*", 1, visible_from=FIRST + 40, ts=ts[40], risk_mult=0.5),
        entry("SIM0001", 1, visible_from=FIRST + 61, ts=ts[61], allow_open=False),
        entry("SIM0001", 2, visible_from=FIRST + 90, effective_ts=ts[130], ts=ts[90], kill="close_all"),
        entry("*", 2, visible_from=FIRST + 150, ts=ts[150], max_notional=math.ulp(1.0)),
    ]


def run(bounds: list[int], entries: list[JournalEntry]) -> list[Decision | Rejection]:
    engine = RecordEngine(EngineSettings())
    for item in entries:
        engine.controls.add(item)
    offsets = FIRST + np.arange(len(log().keys))
    raw = raw_records(log(), offsets)
    return [outcome for start, stop in pairwise(bounds) for outcome in engine.process_raw(raw.slice(start, stop))]


@cache
def reference() -> list[Decision | Rejection]:
    return run(list(range(len(log().keys) + 1)), journal())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 240), max_size=6).map(sorted))
def test_batches_do_not_show(cuts: list[int]) -> None:
    assert run([0, *cuts, 240], journal()) == reference()


def test_decisions_name_both_records() -> None:
    named = [(o.control_version, o.control_all_version) if isinstance(o, Decision) else None for o in reference()]
    symbol = [(key or b"").decode() for key in log().keys]
    wanted: list[tuple[int, Any]] = []
    for i in range(240):
        common: Any = msgspec.UNSET if i < 40 else (1 if i < 150 else 2)
        late = i >= 90 and log().timestamps[i] - 60_000 >= log().timestamps[130]
        own = 0 if symbol[i] != "SIM0001" or i < 61 else (2 if late else 1)
        wanted.append((own, common))
    assert named == wanted
    assert {own for own, _ in wanted} == {0, 1, 2}


def test_without_entries_the_value_is_what_it_was() -> None:
    plain = run([0, 240], [])
    assert plain == RecordEngine(EngineSettings()).process(log())
    assert b"control_all_version" not in msgspec.json.encode(plain)
