"""Extra columns reach a strategy alike from a topic, a file and in process, in any batch and mode."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.support.record_engine import RecordEngine
from tests.support.strategies import PAIR
from tests.unit.inprocess.points import collect
from worker import DataPoint, RealTimePipeline
from worker.backtest.parts import DECISIONS, REJECTIONS
from worker.cli.backtest import backtest
from worker.configured_strategy import filled, hooked
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import DataError, Exit
from worker.sources.options import ReadOptions
from worker.sources.record import Record
from worker.sources.report import ReadReport
from worker.sources.source import open_file, read_records
from worker.strategy.errors import StrategyRefused

BARS, HOUR, START = 400, 3_600_000, 1_600_000_000_000 // 3_600_000 * 3_600_000
HEADER = ("ts", "open", "high", "low", "close", "volume", "other", "Funding Rate", "unread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The strategy, and bars whose extra columns have holes; some bars are rejected."""
    at = tmp_path_factory.mktemp("extra")
    (at / "pair.py").write_text(PAIR)
    rng = np.random.default_rng(4)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0, 0.006, BARS))), 4)
    other = np.round(close * np.exp(rng.normal(0, 0.02, BARS)), 4)
    with (at / "bars.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for n in range(BARS):
            opened = close[max(n - 1, 0)]
            high, low = max(opened, close[n]) + 0.05, min(opened, close[n]) - 0.05
            cells = [START + n * HOUR, opened, 1.0 if n % 61 == 60 else high, low, close[n], 1e6]
            rows.writerow([*cells, "" if n % 29 == 7 else other[n], "n/a" if n % 31 == 5 else n / 1e4, n])
    return at


def settings(folder: Path, mode: str = "compiled") -> EngineSettings:
    return filled(engine_settings(given(folder, mode)))


def given(folder: Path, mode: str = "compiled") -> dict[str, Any]:
    return {
        "ingestion": {"interval": "1h", "extra": ["absent", "funding", "other"]},
        "strategy": {"file": str(folder / "pair.py"), "mode": mode},
    }


def published(folder: Path) -> list[Record]:
    options = ReadOptions(columns={"funding": "Funding Rate"}, extra=("funding", "other"))
    return list(read_records(open_file(folder / "bars.csv", "A", ReadReport(), options)))


def lines(outcomes: Sequence[Any]) -> list[bytes]:
    return [msgspec.json.encode(outcome) for outcome in outcomes]


def raw(records: Sequence[Record]) -> RawRecords:
    columns = ([getattr(record, name) for record in records] for name in Record._fields)
    return raw_records(Records(*columns))


def worker(folder: Path, cuts: Sequence[int] = (), mode: str = "compiled") -> list[bytes]:
    """What a worker publishes for these records."""
    found = settings(folder, mode)
    engine = RecordEngine(found, strategy=hooked(found))
    records = published(folder)
    return [
        line
        for start, stop in zip([0, *cuts], [*cuts, len(records)], strict=True)
        for line in lines(engine.process_raw(raw(records[start:stop])))
    ]


def test_a_publisher_keeps_them(folder: Path) -> None:
    first, _, _, _, _, gap, _, hole = published(folder)[:8]
    assert first.value.endswith(b'"interval":"1h","funding":0.0,"other":' + first.value.rpartition(b":")[2])
    assert b'"funding":null,"other":' in gap.value
    assert hole.value.endswith(b'"funding":0.0007,"other":null}')


def test_a_backtest_of_the_file_is_the_worker(folder: Path) -> None:
    app = typer.Typer()
    app.command()(backtest)
    out = folder / "out"
    columns = ["--extra", "funding", "--extra", "other", "--column", "funding=Funding Rate", "--symbol", "A"]
    made = [str(folder / "bars.csv"), "--strategy", str(folder / "pair.py"), "--out", str(out), "-n", "1", *columns]
    done = CliRunner().invoke(app, made, env={"ALPHAPULSE_ENGINE__INGESTION__INTERVAL": "1h"})
    assert done.exit_code == 0, done.output
    wanted = worker(folder)
    found = [(out / name).read_bytes().splitlines() for name in (DECISIONS, REJECTIONS)]
    assert found[0] == [line for line in wanted if b'"decision_id"' in line]
    assert found[1] == [line for line in wanted if b'"decision_id"' not in line]
    assert len(found[1]) == 6
    assert b'\\"funding\\":0.006,\\"other\\":' in found[1][0]
    assert sum(b'"action":"open_long"' in line for line in found[0]) > 10
    assert sum(b'"other":null' in line for line in found[0]) > 5


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_neither_batch_nor_mode_shows(folder: Path, mode: str) -> None:
    wanted = worker(folder)
    for cuts in ([], [1, 2, 3, 50, 51, 200], list(range(7, BARS, 7))):
        assert worker(folder, cuts, mode) == wanted


def test_a_lost_memory_is_rebuilt_from_them(folder: Path) -> None:
    wanted, found = worker(folder), settings(folder)
    before, after = (RecordEngine(found, strategy=hooked(found)) for _ in range(2))
    records = published(folder)
    before.process_raw(raw(records[:300]))
    state = before.export(0)
    assert state.strategy is not None
    lost = msgspec.structs.replace(state.strategy, memory=b"", plan="another")
    slot = after.load(b"A", state.carry, state.derived, lost)
    assert after.wants_bars(slot)
    after.warm_again_raw(raw(records[:300]))
    assert lines(after.process_raw(raw(records[300:]))) == wanted[300:]


def test_in_process_they_are_those_of_a_point(folder: Path) -> None:
    found = list[bytes]()
    names = {"funding": "Funding Rate", "other": "other"}
    with (
        RealTimePipeline(given(folder), num_workers=1, max_batch_size=17) as pipeline,
        (folder / "bars.csv").open() as file,
    ):
        for row in csv.DictReader(file):
            numbers: dict[str, Any] = {name: float(row[name]) for name in HEADER[1:6]}
            extra = {name: float(row[at]) for name, at in names.items() if row[at] not in ("", "n/a")}
            when = datetime.fromtimestamp(int(row["ts"]) / 1000, UTC)
            pipeline.add_data_point(DataPoint("A", when, **numbers, extra=extra))
        found = lines([result.outcome for result in collect(pipeline, BARS)])
    wanted = worker(folder)
    assert [line for line in found if b'"decision_id"' in line] == [line for line in wanted if b'"decision_id"' in line]


def test_a_backtest_tells_of_a_column_that_no_bar_has(folder: Path) -> None:
    app = typer.Typer()
    app.command()(backtest)
    where = {
        "ALPHAPULSE_ENGINE__INGESTION__INTERVAL": "1h",
        "ALPHAPULSE_ENGINE__INGESTION__EXTRA": '["funding", "other"]',
    }
    made = [str(folder / "bars.csv"), "--strategy", str(folder / "pair.py"), "--out", str(folder / "told"), "-n", "1"]
    done = CliRunner().invoke(app, made, env=where)
    assert done.exit_code == 0, done.output
    assert "bars.csv: it has no column funding: a strategy reads NaN there" in done.output
    assert "c.extra.funding was known at no bar of 1 symbol: their ticks have no such number" in done.output
    assert "c.extra.other was" not in done.output
    required = CliRunner().invoke(app, [*made, "--extra", "funding", "--extra", "other"], env=where)
    assert isinstance(required.exception, DataError)
    assert "no column 'funding' for funding" in str(required.exception)


def test_what_is_no_number_is_unknown_in_process(folder: Path) -> None:
    when = datetime(2024, 1, 2, tzinfo=UTC)
    strange: list[Any] = [None, {}, {"other": "x"}, {"other": float("inf")}, {"other": True}, 7]
    with RealTimePipeline(given(folder), num_workers=1) as pipeline:
        for n, extra in enumerate(strange):
            pipeline.add_data_point(DataPoint("A", when.replace(hour=n), 1.0, 2.0, 0.5, 1.5, 10.0, extra=extra))
        assert all(result.accepted for result in collect(pipeline, len(strange)))


def test_a_strategy_that_reads_more_than_is_named_is_refused(folder: Path) -> None:
    with pytest.raises(
        StrategyRefused, match=r"pair\.py reads c\.extra\.other, which engine\.ingestion\.extra"
    ) as found:
        filled(engine_settings({"ingestion": {"extra": ["funding"]}, "strategy": given(folder)["strategy"]}))
    assert found.value.exit_code == Exit.CONFIG
    assert 'extra = ["funding", "other"]' in found.value.fix
