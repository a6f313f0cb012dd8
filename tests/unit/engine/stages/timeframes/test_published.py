"""What a decision says of the timeframes, through the whole engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from schemas import Decision
from tests.support.record_engine import RecordEngine
from tests.unit.engine.stages.timeframes.series import LENGTH, bars_of
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.timeframes import TIMEFRAMES
from worker.instruments import load_engine

BARS = bars_of("walk")[:2_000]


def decided(settings: EngineSettings) -> list[Decision]:
    names = ("ts", "open", "high", "low", "close", "volume")
    values = [msgspec.json.encode({name: row[name].item() for name in names} | {"symbol": "X"}) for row in BARS]
    records = Records([b"X"] * BARS.size, values, BARS["ingest_ts"].tolist())
    found = [outcome for outcome in RecordEngine(settings).process(records) if isinstance(outcome, Decision)]
    assert len(found) == BARS.size
    return found


@cache
def decisions() -> list[Decision]:
    return decided(EngineSettings())


def test_decisions_list_the_timeframes_that_have_closed_a_bucket() -> None:
    lengths = [len(d.timeframes) for d in decisions()]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1] == len(TIMEFRAMES)
    for d in decisions():
        assert [t.timeframe for t in d.timeframes] == list(TIMEFRAMES[: len(d.timeframes)])


def test_an_age_leads_back_to_a_bucket_of_that_timeframe() -> None:
    for d in decisions():
        for t in d.timeframes:
            assert (d.close_ts - t.age_ms) % LENGTH[t.timeframe] == 0
            assert t.age_ms >= 0


def test_fusion_and_turbulence_are_published_once_warm() -> None:
    first, last = decisions()[0], decisions()[-1]
    assert (first.mtf, first.mtf_agreement, first.p_turb) == (None, None, None)
    assert last.mtf is not None
    assert last.mtf_agreement is not None
    assert last.p_turb is not None
    assert -1 <= last.mtf <= 1
    assert 0 <= last.p_turb <= 1
    assert last.timeframes[0].direction is not None
    assert [t.direction for t in last.timeframes[-1:]] == [None]  # one day is not warm
    assert {t.regime for t in last.timeframes} <= {"unknown", "trend_up", "trend_down", "range"}


def test_the_fusion_is_a_component_of_the_score() -> None:
    assert any(name == "mtf" for d in decisions() for name, _ in d.contributions)


def test_a_timeframe_is_an_array_on_the_wire() -> None:
    sent = msgspec.json.decode(msgspec.json.encode(decisions()[-1]))["timeframes"]
    assert [row[0] for row in sent] == list(TIMEFRAMES)
    assert all(len(row) == 5 for row in sent)


def test_the_trading_day_of_the_instruments_file_starts_the_buckets(tmp_path: Path) -> None:
    start = 13 * 3_600_000 + 30 * 60_000
    path = tmp_path / "instruments.toml"
    path.write_text(f'version = "1"\n[instruments.X]\nsession_offset_ms = {start}\n')
    found = decided(load_engine({"instruments_file": str(path)}))
    ends = {(d.close_ts - t.age_ms - start) % LENGTH[t.timeframe] for d in found for t in d.timeframes}
    assert ends == {0}
    assert len(found[-1].timeframes) == len(TIMEFRAMES)
