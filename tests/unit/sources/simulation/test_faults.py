"""Labels are the truth: the worker's own decoding and validation reject what they say, and nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tests.support.drive import Symbol
from worker.engine.reasons import Reject, codes
from worker.engine.records.records import Records
from worker.engine.stages.ingestion import Decoder, Settings
from worker.sources.simulation.faults import FAULTS
from worker.sources.simulation.injection import Labelled
from worker.sources.simulation.simulator import Simulation, simulate

RATE = 0.02


def verdicts(delivered: list[Labelled]) -> list[tuple[bool, list[str]]]:
    """(accepted, codes) that decoding and validation give one symbol's records."""
    keys, values, stamps = zip(*(record for record, _ in delivered), strict=True)
    bars = Decoder(Settings(), {}).decode(Records(keys, values, stamps)).bars
    judged = Symbol().feed(bars)["validation"]
    return [(bool(row["accepted"]), codes(int(row["mask"]))) for row in judged]


def deliver(simulation: Simulation) -> dict[bytes, list[Labelled]]:
    found: dict[bytes, list[Labelled]] = defaultdict(list)
    for record, label in simulate(simulation):
        found[record.key].append((record, label))
    return dict(found)


@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
def test_validation_rejects_exactly_what_the_labels_say(interval: str) -> None:
    delivered = deliver(Simulation(symbols=25, bars=400, seed=3, interval=interval, fault_rate=RATE))
    seen: Counter[str | None] = Counter()
    for records in delivered.values():
        for (record, label), (accepted, found) in zip(records, verdicts(records), strict=True):
            where = f"{record.value!r} labelled {label}, found {found}"
            assert accepted == (label.reject is None), where
            assert label.reject is None or label.reject in found, where
            seen[label.fault] += 1
    assert set(seen) == {None, *FAULTS}
    assert min(seen.values()) >= 5


@pytest.mark.parametrize(
    ("kind", "code"), [("volume_burst", "volume_spike"), ("stuck", "stuck_price"), ("split", "level_shift_accepted")]
)
def test_accepted_faults_are_flagged(kind: str, code: str) -> None:
    # Rare, because each burst raises the mean volume that the next one is measured against.
    delivered = deliver(Simulation(symbols=6, bars=2_000, fault_rate=0.002, faults=(kind,)))
    flagged = Counter(
        code in found
        for records in delivered.values()
        for (_, label), (_, found) in zip(records, verdicts(records), strict=True)
        if label == (kind, None)
    )
    if kind == "stuck":  # from the tenth unchanged bar on
        assert flagged[True] > 5
    else:
        assert flagged[False] == 0 < flagged[True]


def test_gaps_are_missing_bars() -> None:
    delivered = deliver(Simulation(symbols=5, bars=2_000, fault_rate=RATE, faults=("gap",)))
    labelled = 0
    for records in delivered.values():
        for (_, label), (_, found) in zip(records, verdicts(records), strict=True):
            assert ("gap" in found) == (label.fault == "gap")
            labelled += label.fault == "gap"
    assert labelled > 0
    assert sum(map(len, delivered.values())) < 5 * 2_000


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.1])
def test_faults_begin_at_the_rate_asked_for(rate: float) -> None:
    # One kind of one bar: after it the bar is not free for 1 + 4 bars, so starts per bar = rate / (1 + 4 rate).
    bars = 10 * 2_000
    labels = [label for _, label in simulate(Simulation(10, 2_000, fault_rate=rate, faults=("spike",)))]
    expected = bars * rate / (1.0 + 4.0 * rate)
    # Four standard deviations of a binomial count, and the 25 clean bars at each start.
    assert abs(sum(label.fault is not None for label in labels) - expected) < 4.0 * expected**0.5 + 10 * 25 * rate


def test_no_rate_no_fault() -> None:
    assert {label for _, label in simulate(Simulation(5, 500))} == {(None, None)}


def test_labels_name_reject_codes() -> None:
    assert {fault.reject for fault in FAULTS.values()} <= {None, *Reject.__members__}
