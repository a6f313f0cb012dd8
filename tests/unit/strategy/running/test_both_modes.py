"""A compiled step and the interpreted one say the same, bit for bit, and fail alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.strategies import HEAD, PACKED, STRATEGIES, with_step
from tests.support.strategy_drive import Asked, ask
from worker.engine.asking.intent import KEEP, Status
from worker.strategy.describing.definition import define
from worker.strategy.errors import StrategyRefused
from worker.strategy.loading import find, load
from worker.strategy.running.interpreted import Interpreted

HOUR = 3_600_000


@cache
def bars(n: int = 1_500) -> NDArray[Any]:
    rows = make_bars(*random_walk(12, n, sigma=0.02), HOUR)
    rows["ts"] += 1_600_000_000_000 // HOUR * HOUR
    return rows


def asked(folder: Path, text: str, parameters: dict[str, Any] | None = None, n: int = 1_500) -> tuple[Asked, Asked]:
    file = folder / "own.py"
    file.write_text(text)
    one, other = (ask(load(find(file), parameters or {}, mode), bars(n)) for mode in ("compiled", "python"))
    return one, other


def equal(one: Asked, other: Asked) -> bool:
    return one.intents.tobytes() == other.intents.tobytes() and one[1:] == other[1:]


@pytest.mark.parametrize("name", STRATEGIES)
def test_both_say_the_same(name: str, tmp_path: Path) -> None:
    one, other = asked(tmp_path, STRATEGIES[name])
    assert equal(one, other)
    assert set(one.statuses) == {Status.warming_up, Status.ok}
    assert len(set(one.own)) > 3, "it must have kept something"
    assert (one.intents["side"] != KEEP).sum() > 20, "it must have said something"


def test_parameters_decide(tmp_path: Path) -> None:
    first, _ = asked(tmp_path, STRATEGIES["breakout"])
    one, other = asked(tmp_path, STRATEGIES["breakout"], {"enter": 55, "stop_atr": 1.5, "slow": "8h"})
    assert equal(one, other)
    assert one.intents.tobytes() != first.intents.tobytes()


FAULTS = {
    "it raises": ["if c.bar.ts % 5 == 0:", "    raise ValueError('no')"],
    "out of bounds": ["own = c.state", "own.kept[own.count] = 1.0", "own.count += 1"],
    "notes out of bounds": ["c.order.notes[4] = 1.0"],
    "a division by zero": ["c.order.qty = 1.0 / (c.bar.ts % 2)"],
    "a whole division by zero": ["c.order.bars = 1 // (c.bar.ts % 2)"],
    "rounding what is no number": ["c.order.bars = round(c.bar.close * float('nan'))"],
    "a remainder": ["c.order.qty = c.bar.close % (c.bar.ts // 3_600_000 % 3 * 0.1)"],
    "a root of what is negative": ["c.order.qty = sqrt(-c.bar.close)"],
    "the floor of what is no number": ["c.order.bars = floor(c.bar.close * float('nan'))"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_both_fail_alike(fault: str, tmp_path: Path) -> None:
    """The engine puts the state back and says nothing."""
    one, other = asked(tmp_path, with_step(*FAULTS[fault], state="kept: Floats[4]; count: int"), n=60)
    assert equal(one, other)
    assert Status.raised in one.statuses


def test_it_is_not_called_before_its_indicators_are_known(tmp_path: Path) -> None:
    """They are at this bar and at the one before; an optional one may be late."""
    text = with_step("c.state.calls += 1", state="calls: int").replace(
        "    def step",
        "    def indicators(p):\n        return {'a': ta.sma(10), 'b': ta.optional(ta.sma(30))}\n\n    def step",
    )
    one, other = asked(tmp_path, text, n=40)
    assert equal(one, other)
    assert one.statuses == [Status.warming_up] * 10 + [Status.ok] * 30
    assert np.frombuffer(one.own[-1], np.int64)[0] == 30


def test_max_and_min_answer_as_pythons_do(tmp_path: Path) -> None:
    """Of equal values the first, whatever NaN is; numba's own answer otherwise."""
    nan = "nan = c.bar.volume * 0.0 * float('inf')"
    one, other = asked(
        tmp_path,
        with_step(
            *(nan, "zero = 0.0 * c.bar.close", "o = c.order.notes"),
            *("o[0] = 1.0 / max(zero - 1e-300, -zero, zero) if False else max(zero, -zero)", "o[1] = max(1.0, nan)"),
            *("o[2] = max(nan, 1.0, 2)", "o[3] = min(-zero, zero, nan)", "c.order.qty = min(3, 2.5)"),
        ),
        n=3,
    )
    assert equal(one, other)
    assert np.isnan(one.intents["notes"][0, 2])
    assert one.intents["notes"][0, 1] == 1.0


def test_a_name_that_the_engine_does_not_know_fails_in_python_too(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(with_step("c.order.sidee = 1"))
    assert set(ask(load(find(file), {}, "python"), bars(10)).statuses) == {Status.raised}


def test_an_interrupt_before_the_step_begins_is_not_lost(tmp_path: Path) -> None:
    class Interrupted(Interpreted):
        """A call that a signal's handler breaks off before its first line."""

        def _call(self, *_: Any) -> int:
            raise KeyboardInterrupt

    file = tmp_path / "own.py"
    file.write_text(with_step("c.order.side = 1"))
    hooked = Interrupted(define(find(file), {}))
    ask(hooked, bars(5))
    with pytest.raises(KeyboardInterrupt):
        ask(hooked, bars(5))


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_ends_a_process_is_not_taken_for_a_failure_of_the_step(error: type[BaseException], tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(with_step(f"raise {error.__name__}"))
    hooked = load(find(file), {}, "python")
    assert set(ask(hooked, bars(5)).statuses) == {Status.raised}
    with pytest.raises(error):
        ask(hooked, bars(5))


def test_a_state_of_any_kind_runs_in_python(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(HEAD + PACKED)
    hooked = load(find(file), {}, "python")
    found = ask(hooked, bars(200))
    assert set(found.statuses) == {Status.ok}
    assert hooked.own.itemsize == 8 + 200
    assert found.intents["notes"][-1, 0] > 80
    assert found.own == ask(load(find(file), {}, "python"), bars(200)).own
    with pytest.raises(StrategyRefused, match="compiled code does not know"):
        load(find(file), {})


def test_a_state_that_outgrows_its_room_fails_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text((HEAD + PACKED).replace("own.last[-2:]", "own.last"))
    found = ask(load(find(file), {}, "python"), bars(60))
    first = found.statuses.index(Status.raised)
    assert 10 < first < 30
    assert set(found.own[first:]) == {found.own[first - 1]}


ARITHMETIC = [
    *(
        "a // b",
        "a % b",
        "divmod(a, b)[0] + divmod(a, b)[1]",
        "a / b",
        "abs(a) + (a < b)",
        "max(a, b)",
        "min(a, b, 0.0)",
    ),
    *(
        "float(round(a))",
        "float(floor(a))",
        "float(math.ceil(a))",
        "math.copysign(a, b)",
        "(a and b) or a",
        "sum((a, b))",
    ),
]
EDGE = "nan, inf = float('nan'), float('inf')\n"
EDGE += "EDGE = (0.0, -0.0, 1.0, -1.0, 0.1, 0.3, -2.5, 2.5, 3.5, 1e18, 5e-324, 123.75, nan, inf, -inf)\n"


@pytest.mark.parametrize("operation", ARITHMETIC)
def test_arithmetic_of_numbers_at_the_edge(operation: str, tmp_path: Path) -> None:
    """Each pair of numbers that careless arithmetic treats otherwise; NaN has one form in Python, more in C."""
    pair = ("i = c.bar.ts // 3_600_000", "a, b = EDGE[i // 15 % 15], EDGE[i % 15]")
    one, other = asked(tmp_path, with_step(*pair, f"c.order.qty = {operation}", head=EDGE), n=225)
    assert one.statuses == other.statuses
    assert repr(one.intents["qty"].tolist()) == repr(other.intents["qty"].tolist())
    assert Status.ok in one.statuses
