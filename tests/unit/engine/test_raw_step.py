"""A step over raw records gives what one over objects gives, whatever earlier batches left in its output rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from schemas import Decision
from tests.corpus.mixed import mixed_log
from tests.support.engine_drive import first_difference
from tests.support.record_engine import RecordEngine
from tests.unit.engine.controls.entries import entry
from worker.engine import pipeline
from worker.engine.output import rows as output_rows
from worker.engine.output.rows import OutputRows
from worker.engine.records import key_table
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder, scanner
from worker.engine.stages.ingestion import Settings as IngestionSettings
from worker.sources.simulation.simulator import Simulation

MARKET = Simulation(symbols=12, bars=130, seed=11, fault_rate=0.05)
FEW = 5  # symbols allowed where the limit is to be met


def settings(max_symbols: int) -> EngineSettings:
    return EngineSettings(ingestion=IngestionSettings(max_symbols=max_symbols))


@pytest.fixture(scope="module")
def log() -> Records:
    return mixed_log(MARKET)


def poisoned(used: OutputRows, rows: int, byte: int) -> None:
    """Make the rows what a batch could have left at worst: every byte set."""
    used.rows(np.zeros(rows, np.int64)).view(np.uint8)[:] = byte


@pytest.mark.parametrize("max_symbols", [200_000, FEW])
@pytest.mark.parametrize("byte", [0x00, 0xFF, 0x41])
def test_nothing_is_carried_over_between_batches(log: Records, max_symbols: int, byte: int) -> None:
    fresh, again = RecordEngine(settings(max_symbols)), RecordEngine(settings(max_symbols))
    decoder = Decoder(settings(max_symbols).ingestion, {})
    cuts = [0, 1, 2, 3, 300, 301, 900, len(log.keys)]
    kept = 0
    for start, stop in pairwise(cuts):
        part = log.slice(start, stop)
        plain = decoder.decode(part)
        wanted = fresh.step(part.keys, plain)
        poisoned(again._rows, stop - start, byte)
        decoded, found = again.step_raw(raw_records(part))
        assert first_difference(found, wanted) is None
        assert decoded.bars.tobytes() == plain.bars.tobytes()
        assert (again.touched == fresh.touched).all()
        kept += int(found["validation"]["accepted"].sum())
    assert kept > (250 if max_symbols == FEW else 1_000)
    assert [again.snapshot(key) for key in log.keys if key] == [fresh.snapshot(key) for key in log.keys if key]


def test_records_of_one_key_need_no_key_each(log: Records) -> None:
    """Some keys begin with unreadable records, one is null; the symbol of a key without any bar is forgotten."""
    plain, bare = RecordEngine(EngineSettings()), RecordEngine(EngineSettings())
    decoder = Decoder(EngineSettings().ingestion, {})
    for key in dict.fromkeys(log.keys):
        rows = [row for row, each in enumerate(log.keys) if each == key]
        for part in (rows[:1], rows[1:2], rows[2:]):
            some = Records([key] * len(part), [log.values[r] for r in part], [log.timestamps[r] for r in part])
            decoded = decoder.decode(some)
            poisoned(bare._rows, len(part), 0x41)
            wanted = plain.step(some.keys, decoded)
            assert first_difference(bare.step_key(key, decoded.bars), wanted) is None
            assert (bare.touched == plain.touched).all()
    assert bare.known == plain.known > 0


def test_decoded_records_of_many_keys_need_no_raw_ones(log: Records) -> None:
    """With control records, whatever they meet."""
    plain, bare = RecordEngine(EngineSettings()), RecordEngine(EngineSettings())
    for engine in (plain, bare):
        engine.controls.add(entry("*", visible_from=200, risk_mult=0.5))
        engine.controls.add(entry("SIM0003", visible_from=700, kill="close_all"))
    decoder = Decoder(EngineSettings().ingestion, {})
    for start, stop in pairwise([0, 1, 300, 301, 900, len(log.keys)]):
        part, offsets = log.slice(start, stop), np.arange(start, stop)
        _, wanted = plain.step_raw(raw_records(part, offsets.tolist()))
        poisoned(bare._rows, stop - start, 0x41)
        assert first_difference(bare.step_keys(part.keys, decoder.decode(part), offsets), wanted) is None
        assert (bare.touched == plain.touched).all()
    assert bare.known == plain.known > 0


def test_outcomes_are_the_same(log: Records) -> None:
    engine, raw = RecordEngine(EngineSettings()), raw_records(log)
    assert engine.process_raw(raw) == RecordEngine(EngineSettings()).process(log)
    assert engine.process_raw(raw.slice(0, 0)) == []


def test_warming_again_gives_the_same_derived_state(log: Records) -> None:
    engines = RecordEngine(EngineSettings()), RecordEngine(EngineSettings())
    for engine in engines:
        engine.advance_raw(raw_records(log))
        for key in {key for key in log.keys if key and engine.symbols.get(key) is not None}:
            engine.load(key, engine.export(engine.symbols.slots([key], [False])[0][0]).carry, None)
    engines[0].warm_again(log.slice(0, 1_000))
    raw: RawRecords = raw_records(log).slice(0, 1_000)
    engines[1].warm_again_raw(raw)
    keys = [key for key in log.keys if key]
    assert [engines[0].snapshot(key) for key in keys] == [engines[1].snapshot(key) for key in keys]


@pytest.mark.parametrize("known", [True, False])
def test_a_warm_up_meets_the_times_as_they_stood_and_leaves_them_as_they_stand(log: Records, known: bool) -> None:
    """Also where a former release kept none."""
    whole, again = RecordEngine(EngineSettings()), RecordEngine(EngineSettings())
    for engine in (whole, again):
        engine.advance(log)
    keys = {key for key in log.keys if key and whole.symbols.get(key) is not None}
    for key in keys:
        slot = again.symbols.get(key)
        assert slot is not None
        if not known:
            again.symbols.states["carry"]["decided"][slot] = 0
        again.load(key, again.export(slot).carry, None)
    for start in range(0, len(log.keys), 700):
        again.warm_again(log.slice(start, start + 700))
    assert [again.snapshot(key) for key in keys] == [whole.snapshot(key) for key in keys]
    assert not any(isinstance(outcome, Decision) for outcome in again.process(log))


def signatures() -> list[int]:
    kernels: tuple[Any, ...] = (scanner.scan, key_table._find_all, key_table._put, key_table._fill, key_table._remove)
    return [len(kernel.signatures) for kernel in (*kernels, output_rows._prepare, output_rows._clear, pipeline.observe)]


def test_nothing_is_compiled_after_warming_up(log: Records) -> None:
    """Whatever memory a batch comes in: read-only or not, whole or a part."""
    engine, raw = RecordEngine(EngineSettings()), raw_records(log)
    engine.warm_up()
    before = signatures()
    engine.step_raw(raw)
    engine.step_raw(RawRecords(raw.data.copy(), raw.rows[::2]))
    engine.step_raw(raw.where(raw.rows["key_size"] > 0).slice(3, 50))
    engine.reserve(1_000)
    assert signatures() == before
