"""What is good passes: no check cries without a cause."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tests.support.examples import long_only
from tests.support.house import ROOT
from tests.support.strategies import BREAKOUT, HEAD, PACKED
from worker.engine.settings import engine_settings
from worker.strategy import ta
from worker.strategy.checking import sequence
from worker.strategy.checking.checks.source import lint
from worker.strategy.checking.desk import Desk, Options
from worker.strategy.checking.report import Check, Figures
from worker.strategy.checking.subject import Subject
from worker.strategy.scaffold import write

SLOW = long_only("a check takes some 10 seconds")
DOCS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8"), re.DOTALL)
EVERY = [name for name in ta.__all__ if name != "Indicator"]
GOOD = {
    "the breakout of the documentation": next(text for text in DOCS if "class Breakout" in text),
    "the range of the documentation": next(text for text in DOCS if "class Range" in text),
    "a breakout": HEAD + BREAKOUT,
    "a state of any kind": HEAD + PACKED,
}


def subject(folder: Path, text: str) -> Subject:
    file = folder / "own.py"
    file.write_text(text)
    return Subject(engine_settings({}), file=file)


def passes(given: Subject, options: Options | None = None) -> Figures:
    """The figures of a strategy that no check refuses, all of them in this process."""
    assert not lint(given).faults
    done = list(sequence.run(Desk(given, options)))
    found = {each.name: each.faults for each in done if isinstance(each, Check) and each.status == "failed"}
    assert not found
    assert [each.name for each in done if isinstance(each, Check)] == [
        name for name in sequence.SHOWS if name not in ("lint", "processes")
    ]
    figures = done[-1]
    assert isinstance(figures, Figures)
    return figures


SHORT = ("the breakout of the documentation", "a state of any kind")


@pytest.mark.parametrize("name", [pytest.param(each, marks=[] if each in SHORT else SLOW) for each in GOOD])
def test_it_passes(name: str, tmp_path: Path) -> None:
    figures = passes(subject(tmp_path, GOOD[name]), Options(500))
    assert figures.entries > 2, "else nothing was checked"
    assert (figures.ns_bar is None) == (name == "a state of any kind")


@SLOW
def test_the_documented_call_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(GOOD["the breakout of the documentation"])
    names: dict[str, object] = {}
    exec(next(text for text in DOCS if "import check" in text), names)
    assert getattr(names["report"], "ok", False)


@pytest.mark.parametrize("seed", [2, pytest.param(3, marks=SLOW)])
def test_a_new_one_passes_on_other_bars(seed: int, tmp_path: Path) -> None:
    write(tmp_path / "mine.py")
    figures = passes(Subject(engine_settings({}), file=tmp_path / "mine.py"), Options(400, 900_000, seed))
    assert figures.trades > 5
    assert [(each.name, each.known, each.settled) for each in figures.warm_up[:2]] == [
        ("fast", 20, 20),
        ("slow", 50, 50),
    ]


def test_no_indicator_is_endless_on_bars_that_are_made(tmp_path: Path) -> None:
    """Each with its defaults, and the sources of those that have none."""
    lines = [f"            {name!r}: {made}," for name, made in map(_made, EVERY) if made]
    text = HEAD + "\n\nclass Own(Strategy):\n    def indicators(p):\n        return {\n" + "\n".join(lines)
    text += "\n        }\n\n    def step(c):\n        c.order.notes[0] = c.ind.sma\n"
    desk = Desk(subject(tmp_path, text))
    done = {each.name: each for each in sequence.run(desk, ["warm-up"]) if isinstance(each, Check)}
    assert not done["warm-up"].faults
    assert len(lines) > 70
    told = " ".join(done["warm-up"].notes)
    assert "obv still shows where it began after 1,024 bars" in told
    assert "sma still shows" not in told


def _made(name: str) -> tuple[str, str]:
    given = inspect.signature(getattr(ta, name)).parameters.values()
    missing = sum(each.default is each.empty for each in given)
    sources = ("ta.high()", "ta.low()", "ta.close()")
    return name, f"ta.{name}({', '.join(sources[:missing])})" if missing < 3 and name not in ("lag", "optional") else ""
