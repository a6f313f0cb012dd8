"""Rolling code of a strategy's own belongs to the indicators: no batch shows, and a level shift clears it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.indicators_drive import judged
from tests.support.strategies import HEAD, ROLLING, STRATEGIES
from tests.unit.strategy.running.test_both_modes import HOUR, bars
from worker.engine.bar import INSTRUMENT
from worker.engine.strategy.hooked import Observation
from worker.engine.strategy.observe import observe
from worker.errors import ConfigError
from worker.strategy.loading import find, load
from worker.strategy.running.observing import warm_up

MODES = ("compiled", "python")
Values = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def loaded(folder: Path, mode: str, text: str = STRATEGIES["rolling"]) -> Any:
    file = folder / "own.py"
    file.write_text(text)
    return load(find(file), {}, mode)  # type: ignore[arg-type]


def play(hooked: Any, rows: NDArray[Any], outs: NDArray[Any] | None = None, cuts: tuple[int, ...] = ()) -> Values:
    """Two symbols in turn, in batches that end at `cuts`."""
    outs = judged(rows) if outs is None else outs
    memory, slots = np.zeros((2, hooked.words)), np.arange(len(rows)) % 2
    values, was = np.zeros((2, len(rows), hooked.columns))
    begin = 0
    for end in (*cuts, len(rows)):
        part = slice(begin, end)
        order = np.argsort(slots[part], kind="stable")
        given = (order, slots[part], rows[part], outs[part], memory, values[part], was[part], np.zeros(2, INSTRUMENT))
        hooked.observe(Observation(*given))
        begin = end
    return values, was, memory


def same(one: Values, other: Values) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("mode", MODES)
def test_batches_do_not_show(mode: str, tmp_path: Path) -> None:
    hooked, outs = loaded(tmp_path, mode), judged(bars(300))
    outs["validation"]["shift"][150:152] = True
    outs["validation"]["accepted"][::7] = False
    whole = play(hooked, bars(300), outs)
    assert same(whole, play(hooked, bars(300), outs, cuts=(1, 2, 90, 149, 151, 152, 200)))
    assert same(whole, play(hooked, bars(300), outs, cuts=tuple(range(1, 300))))


def test_both_modes_agree(tmp_path: Path) -> None:
    outs = judged(bars(400))
    outs["validation"]["shift"][150:152] = True
    assert same(*(play(loaded(tmp_path, mode), bars(400), outs) for mode in MODES))


def test_the_kernel_of_the_indicators_is_compiled_once(tmp_path: Path) -> None:
    """What `alphapulse warmup` compiles serves every strategy, in batches of any size."""
    compiled: Any = observe
    warm_up()
    before = list(compiled.signatures)
    play(loaded(tmp_path, "python"), bars(10), cuts=(1, 2))
    play(loaded(tmp_path, "python", STRATEGIES["breakout"]), bars(1))
    assert list(compiled.signatures) == before
    assert len(before) == 1


@pytest.mark.parametrize("mode", MODES)
def test_what_is_published(mode: str, tmp_path: Path) -> None:
    """It is not known where the code raises, whose memory is then as before; the value before is that published."""
    values, was, _ = play(loaded(tmp_path, mode), bars(400))
    fails = bars(400)["ts"] // HOUR % 50 == 7
    assert fails.sum() == 8
    assert np.isnan(values[fails, 1:]).all()
    for symbol in range(2):
        own = fails[symbol::2]
        assert np.array_equal(values[symbol::2, 2][~own], np.arange(1, (~own).sum() + 1))
    assert not np.isnan(values[80:, 1][~fails[80:]]).any()
    assert np.isnan(was[:2]).all()
    assert was[2:, 1:].tobytes() == values[:-2, 1:].tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_a_level_shift_clears_its_memory(mode: str, tmp_path: Path) -> None:
    text = STRATEGIES["rolling"].replace("% 50 == 7", "< 0")
    hooked, outs = loaded(tmp_path, mode, text), judged(bars(200))
    outs["validation"]["shift"][100:102] = True
    values, was, _ = play(hooked, bars(200), outs)
    assert values[98:104, 2].tolist() == [50, 50, 1, 1, 2, 2]
    assert np.isnan(was[100:102]).all()


def plan_of(folder: Path, old: str = "", new: str = "") -> str:
    assert old in ROLLING
    found: str = loaded(folder, "python", HEAD + ROLLING.replace(old, new)).plan
    return found


def test_an_edited_step_throws_no_memory_away(tmp_path: Path) -> None:
    first = plan_of(tmp_path)
    assert plan_of(tmp_path, "LONG if", "FLAT if") == first
    assert plan_of(tmp_path, "sum: float", "sum: float\n        more: int") == first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* 0.5", "* 0.25"),
        ("most = 0.0", "most = 1.0"),
        ("LENGTH = 16", "LENGTH = 15"),
        ("ta.sma(10)", "ta.sma(11)"),
        ("skip: int = 3", "skip: int = 4"),
        ("Floats[16]", "Floats[17]"),
    ],
)
def test_what_its_values_depend_on_makes_another_plan(old: str, new: str, tmp_path: Path) -> None:
    assert plan_of(tmp_path, old, new) != plan_of(tmp_path)


REFUSED = {
    "nothing published": ('values = ("away", "count")', "values = ()", "observe publishes nothing"),
    "no names": ('values = ("away", "count")', 'values = "away"', "values is a tuple of names"),
    "no observe": ("def observe(c)", "def watch(c)", "has values or Memory, and no observe"),
    "a name twice": ('{"mean"', '{"away"', "away is both an indicator and one of values"),
    "writing elsewhere": ("c.out.count = memory.count", "c.bar.close = 1.0", "c.bar is read only: memory and out"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case: str, tmp_path: Path) -> None:
    old, new, sentence = REFUSED[case]
    assert old in ROLLING
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, "python", HEAD + ROLLING.replace(old, new))
    assert sentence in str(caught.value)
