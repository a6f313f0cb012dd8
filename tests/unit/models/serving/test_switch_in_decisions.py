"""A switch in the journal: the same bytes whatever the batches, by object or by kernel, from a snapshot or from the
first record; and every decision tells which model had a say."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from schemas import Decision, Rejection
from schemas.control import MODEL_KEY, ModelSwitch
from schemas.state import JournalEntry
from tests.support.record_engine import RecordEngine
from tests.unit.backtest.market import market
from tests.unit.engine.controls.entries import entry
from tests.unit.models import graphs
from worker.engine.output.encoding import DecisionEncoder
from worker.engine.records.raw import raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, ModelSettings
from worker.models.registry import Registry
from worker.models.serving.library import Library

KEYS, VALUES, TIMES = zip(*market(), strict=True)
RECORDS = Records(KEYS, VALUES, TIMES)
TOTAL = len(KEYS)
LATE = sorted(TIMES)[3 * TOTAL // 4]  # records are stamped with the bar's close


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`sample` 1.0.0 and 2.0.0."""
    root = tmp_path_factory.mktemp("models")
    for version, content in (("1.0.0", graphs.sigmoid()), ("2.0.0", graphs.table())):
        graphs.put(root, content, graphs.manifest(content, version=version), f"{graphs.NAME}/{version}")
    return root


def choice(root: Path, version: str) -> ModelSwitch:
    return ModelSwitch(graphs.NAME, version, Registry(root).manifest(graphs.NAME, version)[1])


def settings(root: Path) -> EngineSettings:
    """The first version configured."""
    first = choice(root, "1.0.0")
    return EngineSettings(model=ModelSettings(name=first.name, version=first.version, digest=first.digest))


def journal(root: Path) -> list[JournalEntry]:
    """To the second version, to none at a later time, to one that is not there, and back to the configured one."""
    switches = [
        entry(MODEL_KEY, 1, visible_from=TOTAL // 4, model=choice(root, "2.0.0")),
        entry(MODEL_KEY, 2, visible_from=TOTAL // 2, effective_ts=LATE, model=ModelSwitch()),
        entry(MODEL_KEY, 3, visible_from=TOTAL * 7 // 8, model=ModelSwitch("missing", "1.0.0", "0" * 64)),
        entry(MODEL_KEY, 4, visible_from=TOTAL * 15 // 16, withdrawn=True),
    ]
    return [*switches[:2], entry("*", 1, visible_from=TOTAL // 3, ts=2**50, risk_mult=0.5), *switches[2:]]


def begin(root: Path) -> tuple[RecordEngine, Library]:
    given = settings(root)
    library = Library(given.model, root)
    engine = RecordEngine(given, scorer=library.switchboard())
    for item in journal(root):
        engine.controls.add(item)
    return engine, library


def run(engine: RecordEngine, start: int, stop: int, size: int) -> list[bytes]:
    """The outcomes of records from `start` to `stop` in batches of a size."""
    return [
        msgspec.json.encode(outcome)
        for first in range(start, stop, size)
        for outcome in engine.process(
            RECORDS.slice(first, min(first + size, stop)), np.arange(first, min(first + size, stop))
        )
    ]


@pytest.fixture(scope="module")
def found(registry: Path) -> list[Decision | Rejection]:
    """The outcomes of all records in one batch."""
    return begin(registry)[0].process(RECORDS, np.arange(TOTAL))


@pytest.fixture(scope="module")
def at_once(found: list[Decision | Rejection]) -> list[bytes]:
    """The same, written."""
    return [msgspec.json.encode(outcome) for outcome in found]


def test_each_decision_tells_its_model(found: list[Decision | Rejection]) -> None:
    for offset, each in enumerate(found):
        if not isinstance(each, Decision):
            continue
        if offset < TOTAL // 4 or offset >= TOTAL * 15 // 16:
            wanted: tuple[str | None, str | None] = (graphs.NAME, "1.0.0")
        elif offset >= TOTAL * 7 // 8:
            wanted = ("missing", "1.0.0")
        elif offset >= TOTAL // 2 and each.ts >= LATE:
            wanted = (None, None)
        else:
            wanted = (graphs.NAME, "2.0.0")
        assert (each.model.id, each.model.version) == wanted, offset
        assert (each.model.status == "not_configured") == (wanted[0] is None)
        assert (each.model.status == "load_error") == (wanted[0] == "missing")
        assert each.control_version == 0
    statuses = {(each.model.version, each.model.status) for each in found if isinstance(each, Decision)}
    assert {("1.0.0", "ok"), (None, "not_configured"), ("1.0.0", "load_error")} < statuses


def test_batches_do_not_show(registry: Path, at_once: list[bytes]) -> None:
    assert run(begin(registry)[0], 0, TOTAL, 613) == at_once


@pytest.mark.parametrize("cut", [TOTAL // 8, TOTAL * 5 // 8, TOTAL * 31 // 32])
def test_a_state_that_is_taken_over_goes_on_the_same(registry: Path, at_once: list[bytes], cut: int) -> None:
    first, heir = begin(registry)[0], begin(registry)[0]
    found = run(first, 0, cut, 500)
    for key in {key for key in KEYS if key}:
        if (slot := first.symbols.get(key)) is not None:
            heir.load(key, *first.export(slot))
    heir.controls.remove(heir.controls.unneeded(cut))
    assert found + run(heir, cut, TOTAL, 500) == at_once


def test_the_kernel_writes_the_same(registry: Path) -> None:
    engine, library = begin(registry)
    encoder = DecisionEncoder(settings(registry), library.names)
    for start in range(0, TOTAL, 1_000):
        part, offsets = RECORDS.slice(start, start + 1_000), np.arange(start, min(start + 1_000, TOTAL))
        decoded, outs = engine.step_raw(raw_records(part, offsets))
        exact = engine._builder.build(part, decoded, outs)
        kept = np.flatnonzero(outs["validation"]["accepted"])
        lines = encoder.lines(decoded.bars[kept], outs[kept], [exact[row].symbol or "" for row in kept])
        assert lines == msgspec.json.Encoder().encode_lines([exact[row] for row in kept])
