"""When a corporate action takes effect: once, at the first accepted bar from its time on, whatever the batches are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.control import CorporateAction
from schemas.state import JournalEntry
from schemas.tick import Tick, encode_tick
from tests.support.engine_drive import first_difference
from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.lean import HOUR
from tests.support.splitting import PRICES, Array, adjusted, differing, engine_of, play, recorded
from tests.unit.engine.controls.entries import entry
from worker.engine.controls import Action
from worker.engine.partition import PartitionEngine
from worker.engine.reasons import QUARANTINE, Reject, bits
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.stages.decision.output import FLAT
from worker.engine.stages.ingestion import Decoder
from worker.settings import StateSettings
from worker.stream.state.spill import Spilling

START = 1_700_000_000_000 // HOUR * HOUR
DEFAULTS = EngineSettings()
COUNT, FACTOR = 700, 0.25
NAMES = (b"A", b"S", b"Z")


def series(seed: int) -> Array:
    bars: Array = make_bars(*random_walk(seed, COUNT), HOUR)
    for name in ("ts", "ingest_ts"):
        bars[name] += START
    return bars


def shown(bars: Array, action: Action) -> Array:
    """The bars as a feed shows them: those from the action on at the new prices."""
    found = bars.copy()
    after = bars["ts"] >= action.ex_ts
    for name in PRICES:
        found[name][after] *= action.factor
    found["volume"][after] /= action.factor
    return found


@cache
def held() -> int:
    """A bar at whose open, and at whose close, a position was held."""
    qty = play(series(5), DEFAULTS).outs["decision"]["position"]["qty"]
    rows = np.flatnonzero((qty[:-1] > 0.0) & (qty[:-1] == qty[1:])) + 1
    return int(rows[rows > COUNT // 3][0])


@cache
def action() -> Action:
    return Action(int(series(5)["ts"][held()]), FACTOR)


@cache
def bars() -> Array:
    return shown(series(5), action())


def ticked(row: Any, symbol: str) -> bytes:
    """A bar of an hour as its record's value."""
    open_, high, low, close, volume = (float(row[name]) for name in (*PRICES, "volume"))
    return encode_tick(Tick(symbol, int(row["ts"]), open_, high, low, close, volume, "1h"))


def acting(journaled: JournalEntry) -> CorporateAction | None:
    return None if journaled.control is None else journaled.control.corp_action


def equity(row: Any) -> float:
    position = row["decision"]["position"]
    return float(position["realised"] + position["unrealised"])


def test_an_open_position_neither_stops_nor_shifts_nor_changes_in_worth() -> None:
    at = held()
    outs = play(bars(), DEFAULTS, recorded("S", action())).outs
    before, after = outs[at - 1], outs[at]
    positions = before["decision"]["position"], after["decision"]["position"]
    assert positions[1]["qty"] == positions[0]["qty"] / FACTOR
    assert positions[1]["entry"] == pytest.approx(positions[0]["entry"] * FACTOR, rel=1e-9)
    assert positions[1]["stop"] == pytest.approx(positions[0]["stop"] * FACTOR, rel=1e-9)
    assert not after["execution"]["trade"]["closed"]
    assert not outs["validation"]["shift"].any()
    side = -1.0 if positions[0]["state"] == 2 else 1.0
    moved = side * positions[1]["qty"] * (bars()["close"][at] - bars()["close"][at - 1] * FACTOR)
    assert equity(after) - equity(before) == pytest.approx(moved, abs=1e-6)


def test_without_the_record_the_same_bars_shift_the_level() -> None:
    outs = play(bars(), DEFAULTS).outs
    assert outs["validation"]["shift"].any()
    assert not outs["validation"]["accepted"][held()]


def test_it_equals_the_adjusted_history_to_the_bit() -> None:
    raw, wanted = play(bars(), DEFAULTS, recorded("S", action())), play(adjusted(bars(), action()), DEFAULTS)
    assert not differing(raw.state, wanted.state)
    assert not differing(raw.outs[held() :], wanted.outs[held() :])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 11, 40])
@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_batches_affect_no_byte(size: int, shift: int) -> None:
    journal = recorded("S", action())
    near = slice(held() - 60 - shift, held() + 20)
    whole = play(bars()[near], DEFAULTS, journal)
    parts = play(bars()[near], DEFAULTS, journal, batch=size)
    assert first_difference(whole.outs, parts.outs) is None
    assert whole.whole.tobytes() == parts.whole.tobytes()


@cache
def raw() -> RawRecords:
    """Three symbols in turn, of which the middle one has the split."""
    every = {b"A": series(6), b"S": bars(), b"Z": series(7)}
    keys, values, times = list[bytes](), list[bytes](), list[int]()
    for n in range(COUNT):
        for name in NAMES:
            row = every[name][n]
            keys.append(name)
            values.append(ticked(row, name.decode()))
            times.append(int(row["ingest_ts"]))
    return raw_records(Records(keys, values, times))


def stepped(engine: PartitionEngine, records: RawRecords, size: int) -> Array:
    parts = [engine.step_raw(records.slice(start, start + size))[1].copy() for start in range(0, len(records), size)]
    found: Array = np.concatenate(parts)
    found["control"] = 0  # a row of its batch
    return found


def states(engine: PartitionEngine) -> dict[bytes, bytes]:
    slots = {name: engine.symbols.get(name) for name in NAMES}
    return {name: engine.symbols.frames.read(slot).tobytes() for name, slot in slots.items() if slot is not None}


@pytest.mark.parametrize("size", [1, 5, 64, 3 * COUNT])
def test_among_other_symbols_every_way_gives_the_same_bytes(size: int) -> None:
    journal = recorded("S", action())
    engine = engine_of(DEFAULTS, journal)
    outs = stepped(engine, raw(), size)
    alone = play(bars(), DEFAULTS, journal)
    assert first_difference(outs[1::3], alone.outs) is None
    assert states(engine)[b"S"] == alone.whole.tobytes()
    plain = engine_of(DEFAULTS)
    others = stepped(plain, raw(), size)
    for place in (0, 2):
        assert first_difference(outs[place::3], others[place::3]) is None


def test_touched_slots_are_told_for_the_whole_batch() -> None:
    engine = engine_of(DEFAULTS, recorded("S", action()))
    engine.step_raw(raw())
    assert len(engine.touched) == len(raw())
    assert set(engine.touched.tolist()) == {engine.symbols.get(name) for name in NAMES}


def test_spilled_states_keep_their_bytes(tmp_path: Path) -> None:
    journal = recorded("S", action())
    whole, small = engine_of(DEFAULTS, journal), None
    spill = Spilling(StateSettings(resident_symbols=1, spill_dir=tmp_path)).new()
    small = engine_of(DEFAULTS, journal, spill=spill)
    some = raw().slice(0, 3 * held() + 9)
    outs = stepped(whole, some, 1)
    assert first_difference(outs, stepped(small, some, 1)) is None
    assert small.spilled
    assert states(whole) == states(small)


def test_from_a_snapshot_after_any_bar_it_goes_on_alike() -> None:
    journal, near = recorded("S", action()), slice(held() - 4, held() + 5)
    whole = play(bars()[: near.stop], DEFAULTS, journal)
    for cut in range(near.start, near.stop):
        first = engine_of(DEFAULTS, journal)
        play(bars()[:cut], DEFAULTS, engine=first)
        kept = first.export(first.symbols.get(b"S") or 0)
        second = engine_of(DEFAULTS, journal)
        second.load(b"S", kept.carry, kept.derived)
        rest = play(bars()[cut : near.stop], DEFAULTS, engine=second, first=cut)
        assert first_difference(whole.outs[cut:], rest.outs) is None
        assert rest.whole.tobytes() == whole.whole.tobytes()


def test_a_record_after_the_bars_of_its_time_does_nothing() -> None:
    late = recorded("S", action(), visible=[held() + 3])  # the level was accepted before
    one, other = play(bars(), DEFAULTS, late), play(bars(), DEFAULTS)
    assert not differing(one.state, other.state)
    assert not differing(one.outs, other.outs)


def test_a_record_repeated_with_other_limits_acts_once() -> None:
    first = recorded("S", action())[0]
    again = [entry("S", n + 2, visible_from=held() - 3 + 2 * n, corp_action=acting(first)) for n in range(4)]
    one, other = play(bars(), DEFAULTS, [first]), play(bars(), DEFAULTS, [first, *again])
    assert not differing(one.state, other.state)
    assert not differing(one.outs, other.outs)


@pytest.mark.parametrize("withdrawn", [True, False])
def test_a_record_without_it_cancels_an_action_that_is_not_over(withdrawn: bool) -> None:
    """Whether it is a removal or one with other limits."""
    later = entry("S", 2, visible_from=held() - 1, withdrawn=withdrawn)
    outs = play(bars(), DEFAULTS, [*recorded("S", action()), later]).outs
    assert outs["validation"]["shift"].any()


def test_two_actions_follow_each_other() -> None:
    base = series(5)
    one, two = Action(int(base["ts"][300]), 0.5), Action(int(base["ts"][500]), 4.0)
    both = shown(shown(base, one), two)
    raw = play(both, DEFAULTS, recorded("S", one, two, visible=[0, 400]))
    wanted = play(adjusted(both, one, two), DEFAULTS)
    assert not differing(raw.state, wanted.state)


REJECTED = {"not finite": np.nan, "an old price": None, "not positive": -1.0}


@pytest.mark.parametrize("fault", REJECTED)
def test_it_waits_for_an_accepted_bar(fault: str) -> None:
    """Bars from its time on that are rejected: the state stays, and the next one meets the action."""
    found, at, count = bars().copy(), held(), 2
    for n in range(at, at + count):
        for name in PRICES:
            found[name][n] = series(5)[name][n] if REJECTED[fault] is None else REJECTED[fault]
    raw = play(found, DEFAULTS, recorded("S", action()))
    before = play(found[:at], DEFAULTS, recorded("S", action()))
    stopped = play(found[: at + 1], DEFAULTS, recorded("S", action()))
    quarantined = REJECTED[fault] is None
    assert not raw.outs["validation"]["accepted"][at : at + count].any()
    assert bool(raw.outs["validation"]["mask"][at] & np.uint64(QUARANTINE)) is quarantined
    changed = set(differing(stopped.state, before.state))
    assert {name.rpartition(".")[0] or name for name in changed} <= {
        "carry",
        "derived.validation",
        "derived.validation.candidates",
    }
    assert raw.outs["validation"]["accepted"][at + count]
    assert not raw.outs["validation"]["shift"].any()
    wanted = play(adjusted(found, action()), DEFAULTS)
    assert not differing(raw.state, wanted.state, 1e-9)


def test_bars_quarantined_before_its_time_go_to_the_new_level() -> None:
    """A spike waits for confirmation while the action comes."""
    found, at = bars().copy(), held()
    for name in PRICES:
        found[name][at - 1] *= 3.0
    raw = play(found[: at + 1], DEFAULTS, recorded("S", action()))
    wanted = play(adjusted(found[: at + 1], action()), DEFAULTS)
    assert raw.outs["validation"]["pending"][at - 1] == 1
    assert raw.outs["validation"]["accepted"][at]
    assert not differing(raw.state, wanted.state)


def test_bars_that_waited_at_the_new_level_confirm_it_when_the_record_comes() -> None:
    at = held()
    raw = play(bars(), DEFAULTS, recorded("S", action(), visible=[at + 2]))
    assert not raw.outs["validation"]["accepted"][at : at + 2].any()
    assert raw.outs["validation"]["accepted"][at + 2]
    assert not raw.outs["validation"]["shift"].any()
    assert raw.outs["decision"]["position"]["qty"][at + 2] == raw.outs["decision"]["position"]["qty"][at - 1] / FACTOR


def test_a_symbol_of_which_nothing_is_known_meets_nothing() -> None:
    after = bars()[held() :]
    one, other = play(after, DEFAULTS, recorded("S", action())), play(after, DEFAULTS)
    assert not differing(one.state, other.state)


def test_a_consolidation_pays_out_what_is_less_than_a_lot() -> None:
    settings = engine_settings({"instruments": {"S": {"lot": 1.0}}})
    base, factor = series(5), 20.0
    qty = play(base, settings).outs["decision"]["position"]["qty"]
    at = int(np.flatnonzero((qty[:-1] == qty[1:]) & (qty[:-1] > factor) & (qty[:-1] % factor > 0))[0]) + 1
    split = Action(int(base["ts"][at]), factor)
    found = shown(base, split)
    outs = play(found, settings, recorded("S", split)).outs
    before, after = outs[at - 1], outs[at]
    position = after["decision"]["position"]
    assert position["qty"] == np.floor(qty[at - 1] / factor)
    side = -1.0 if position["state"] == 2 else 1.0
    moved = side * position["qty"] * (found["close"][at] - found["close"][at - 1] * factor)
    assert equity(after) - equity(before) == pytest.approx(moved, abs=1e-6)


def test_a_position_of_less_than_a_lot_stays_whole() -> None:
    settings = engine_settings({"instruments": {"S": {"lot": 1.0}}})
    base, factor = series(5), 10_000.0
    qty = play(base, settings).outs["decision"]["position"]["qty"]
    at = int(np.flatnonzero((qty[:-1] == qty[1:]) & (qty[:-1] > 0))[0]) + 1
    split = Action(int(base["ts"][at]), factor)
    outs = play(shown(base, split), settings, recorded("S", split)).outs
    assert outs["decision"]["position"]["qty"][at] == pytest.approx(qty[at - 1] / factor)
    ended = outs["decision"]["position"]["state"][at:] == FLAT
    assert ended.any()


def warmed(journal: Sequence[JournalEntry], left: Sequence[JournalEntry], cut: int) -> PartitionEngine:
    """An engine that has lost the `derived` part of a symbol after `cut` bars, and entries, and shown it them again."""
    first = engine_of(DEFAULTS, journal)
    play(bars()[:cut], DEFAULTS, engine=first)
    kept = first.export(first.symbols.get(b"S") or 0)
    second = engine_of(DEFAULTS, left)
    second.load(b"S", kept.carry, None)
    rows = bars()[:cut]
    values = [ticked(row, "S") for row in rows]
    again = raw_records(Records([b"S"] * len(rows), values, rows["ingest_ts"].tolist()))
    for start in range(0, len(again), 7):
        second.warm_again_raw(again.slice(start, start + 7))
    return second


@pytest.mark.parametrize("pruned", [False, True])
def test_a_warm_up_meets_it_once_more(pruned: bool) -> None:
    """Also where only a later record with the same action is left."""
    journal, cut = recorded("S", action()), held() + 30
    later = entry("S", 2, visible_from=held() + 5, corp_action=acting(journal[0]))
    whole = play(bars()[:cut], DEFAULTS, journal)
    engine = warmed([*journal, later], [later] if pruned else [*journal, later], cut)
    found = engine.symbols.frames.read(engine.symbols.get(b"S") or 0)
    assert found.tobytes() == whole.whole.tobytes()


def test_unneeded_entries_leave_the_action_in_force() -> None:
    """Repeated records replace each other; the newest that bars have seen is always kept."""
    first = recorded("S", action())[0]
    engine = engine_of(DEFAULTS, [first])
    for n in range(300):
        engine.controls.add(entry("S", n + 2, visible_from=n, corp_action=acting(first)))
    engine.controls.remove(engine.controls.unneeded(held() - 1))
    assert 0 < len(engine.controls) < 300 - held() + 10
    outs = play(bars()[held() - 1 :], DEFAULTS, engine=engine, first=held() - 1).outs
    assert not outs["validation"]["shift"].any()
    assert b"S" in engine.controls.acting


def test_a_record_that_only_announces_it_does_not_grow_stale() -> None:
    found = play(bars(), DEFAULTS, recorded("S", action())).outs
    assert not found["risk"]["stale"].any()
    limited = entry("S", 1, risk_mult=0.5, corp_action=acting(recorded("S", action())[0]))
    assert play(bars(), DEFAULTS, [limited]).outs["risk"]["stale"].all()


def test_decoded_records_of_many_keys_meet_it_too() -> None:
    journal = recorded("S", action())
    decoder, records = Decoder(DEFAULTS.ingestion, {}), raw().records()
    engine, outs = engine_of(DEFAULTS, journal), []
    for start in range(0, len(records.keys), 50):
        part, offsets = records.slice(start, start + 50), np.arange(start, min(start + 50, len(records.keys)))
        outs.append(engine.step_keys(part.keys, decoder.decode(part), offsets).copy())
    found = np.concatenate(outs)
    found["control"] = 0
    other = engine_of(DEFAULTS, journal)
    assert first_difference(found, stepped(other, raw(), 50)) is None
    assert states(engine) == states(other)


def test_the_bar_at_which_it_takes_effect_says_so_and_no_other() -> None:
    for size in (0, 1, 7):
        masks = play(bars(), DEFAULTS, recorded("S", action()), batch=size).outs["validation"]["mask"]
        told = np.flatnonzero(masks & np.uint64(bits(Reject.corporate_action)))
        assert told.tolist() == [held()]
