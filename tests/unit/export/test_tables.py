"""Decisions and rejections as tables: every field arrives, in every format."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from schemas import Decision, Rejection
from tests.support.record_engine import RecordEngine
from worker import read_decisions
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.decision import Settings
from worker.errors import CannotCreate, ConfigError, DataError
from worker.export.columns import arrow
from worker.export.run import export_files
from worker.export.wanted import wanted
from worker.export.write import format_of
from worker.sources.simulation.simulator import Simulation, simulated_records

pa = arrow()
ALL = wanted(None, None, None)


def outcomes() -> list[Decision | Rejection]:
    records = list(simulated_records(Simulation(symbols=3, bars=120, seed=11, fault_rate=0.1)))
    batch = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    engine = RecordEngine(EngineSettings(decision=Settings(detail="full")))
    return engine.process(batch)


OUTCOMES = outcomes()
DECISIONS = sorted(
    (item for item in OUTCOMES if isinstance(item, Decision)), key=lambda d: (d.ts, d.symbol, d.sequence)
)
REJECTIONS = [item for item in OUTCOMES if isinstance(item, Rejection)]


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    return written(tmp_path / "decisions.jsonl", DECISIONS)


def written(path: Path, items: list[Any]) -> Path:
    path.write_bytes(msgspec.json.Encoder().encode_lines(items))
    return path


def as_json(item: Decision | Rejection) -> Any:
    return msgspec.json.decode(msgspec.json.encode(item))


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Fields of a record as JSON has them, flattened by hand."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and name != "features":
            found |= flat(inner, "" if name == "bar" else f"{prefix}{name}_")
        else:
            found[prefix + name] = inner
    return found


def plain(name: str, value: Any) -> Any:
    """A table's value as JSON would have it."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000)
    if name == "features":
        return dict(value)
    if isinstance(value, list):
        return [list(part.values()) if isinstance(part, dict) else part for part in value]
    return value


def test_every_field_arrives(decisions: Path) -> None:
    table = read_decisions(decisions)
    assert table.num_rows == len(DECISIONS) > 300
    for row, decision in zip(table.to_pylist(), DECISIONS, strict=True):
        wanted = dict.fromkeys(row) | flat(as_json(decision))  # what a record leaves out is null in a table
        assert {name: plain(name, value) for name, value in row.items()} == wanted


def test_every_field_of_a_rejection_arrives(tmp_path: Path) -> None:
    table = read_decisions(written(tmp_path / "r.jsonl", REJECTIONS), rejected=True)
    rows = {(row["symbol"], row["payload"]): row for row in table.to_pylist()}
    assert table.num_rows == len(REJECTIONS) > 10
    for rejection in REJECTIONS:
        row = rows[rejection.symbol, rejection.payload]
        assert {name: plain(name, value) for name, value in row.items()} == as_json(rejection)


def test_types_are_stated(decisions: Path) -> None:
    schema = read_decisions(decisions).schema
    assert schema.field("ts").type == pa.timestamp("ms", tz="UTC")
    assert schema.field("close").type == schema.field("risk_sigma_ann").type == pa.float64()
    assert schema.field("sequence").type == pa.int64()
    assert schema.field("action").type == pa.string()
    assert schema.field("reasons").type == pa.list_(pa.string())
    assert schema.field("features").type == pa.map_(pa.string(), pa.float64())
    assert read_decisions([]).schema == schema


def test_symbols_and_times_choose(decisions: Path) -> None:
    since, until = DECISIONS[100].ts, DECISIONS[200].ts
    chosen = [d for d in DECISIONS if since <= d.ts < until and d.symbol == "SIM0001"]
    for a, b in ((since, until), tuple(datetime.fromtimestamp(t / 1_000, UTC) for t in (since, until))):
        table = read_decisions(decisions, symbols="SIM0001", since=a, until=b)
        assert table["decision_id"].to_pylist() == [d.decision_id for d in chosen]
    text = datetime.fromtimestamp(since / 1_000, UTC).isoformat()
    assert read_decisions(decisions, since=text).num_rows == sum(d.ts >= since for d in DECISIONS)
    assert read_decisions(decisions, since=str(since)).num_rows == sum(d.ts >= since for d in DECISIONS)
    with pytest.raises(ConfigError, match="'soon' is not a date or time: write 2024-01-31"):
        read_decisions(decisions, since="soon")
    with pytest.raises(ConfigError, match="the end must come later"):
        read_decisions(decisions, since=until, until=since)


READERS: dict[str, Callable[[Path], Any]] = {
    "parquet": arrow("pyarrow.parquet").read_table,
    "arrow": lambda path: arrow("pyarrow.ipc").open_file(path).read_all(),
}


@pytest.mark.parametrize("kind", READERS)
def test_files_hold_the_same_table(kind: str, decisions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export_files(out, kind, [decisions], False, ALL) == len(DECISIONS)
    assert READERS[kind](out).equals(read_decisions(decisions))


def test_csv_holds_every_row_and_column(decisions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    export_files(out, format_of(out, None), [decisions], False, ALL)
    frame, table = pd.read_csv(out, keep_default_na=False, na_values=[""]), read_decisions(decisions)
    assert list(frame.columns) == table.column_names
    assert frame["close"].tolist() == table["close"].to_pylist()
    assert frame["reasons"].fillna("").tolist() == [";".join(reasons) for reasons in table["reasons"].to_pylist()]
    shapes = [msgspec.json.decode(text) if isinstance(text, str) else [] for text in frame["patterns"]]
    assert shapes == table["patterns"].to_pylist()


def test_packed_files_are_read(decisions: Path, tmp_path: Path) -> None:
    packed = tmp_path / "d.jsonl.gz"
    packed.write_bytes(gzip.compress(decisions.read_bytes()))
    assert read_decisions(packed).equals(read_decisions(decisions))


def test_a_line_that_is_none_is_named_and_no_file_is_left(decisions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    with decisions.open("ab") as file:
        file.write(b'{"symbol": 1}\n')
    with pytest.raises(DataError, match=f"line {len(DECISIONS) + 1} is no decision"):
        export_files(out, "parquet", [decisions], False, ALL)
    assert list(tmp_path.iterdir()) == [decisions]
    with pytest.raises(DataError, match="cannot be read"):
        read_decisions(tmp_path / "absent")
    with pytest.raises(CannotCreate, match="can't be written"):
        export_files(tmp_path / "no" / "out.csv", "csv", [decisions], False, ALL)


def test_the_name_says_the_format() -> None:
    assert [format_of(Path(name), None) for name in ("a.PARQUET", "a.feather", "a.csv")] == ["parquet", "arrow", "csv"]
    assert format_of(Path("a.csv"), "arrow") == "arrow"
    for path, given in (("a.txt", None), ("a.csv", "xml")):
        with pytest.raises(ConfigError, match="format"):
            format_of(Path(path), given)
