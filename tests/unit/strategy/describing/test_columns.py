"""Which extra columns a strategy reads is known from its source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from worker.strategy.describing.columns import extra_columns
from worker.strategy.describing.definition import define
from worker.strategy.describing.source import from_file
from worker.strategy.describing.summary import summary
from worker.strategy.errors import StrategyRefused

TEXT = """
from worker.strategy import LONG, Strategy

def above(c, level):
    return c.extra.{helped} > level

class Own(Strategy):
    values = ("y",)

    def observe(c):
        c.out.y = c.extra.seen

    def step(c):
        {step}
"""


def columns(folder: Path, step: str) -> tuple[str, ...]:
    file = folder / "own.py"
    file.write_text(TEXT.format(helped="helped", step=step))
    return extra_columns(from_file(file))


READ = {
    "by name": ("x = c.extra.a + c.extra.b", ("a", "b")),
    "by another name": ("more = c.extra; x = more.b + more.a", ("a", "b")),
    "among others": ("ind, more, was = c.ind, c.extra, c.was; x = more.a", ("a",)),
    "of something else": ("x = c.ind.extra", ()),
    "not at all": ("pass", ()),
}


@pytest.mark.parametrize("case", READ)
def test_names_are_found(case: str, tmp_path: Path) -> None:
    step, names = READ[case]
    assert columns(tmp_path, step) == tuple(sorted({*names, "helped", "seen"}))


@pytest.mark.parametrize(
    "step", ["x = sum(c.extra)", "x = above(c.extra, 1.0)", "x = getattr(c.extra, 'a')", "e = c.extra; x = len(e)"]
)
def test_names_that_only_a_run_would_tell_are_refused(step: str, tmp_path: Path) -> None:
    with pytest.raises(StrategyRefused, match=r"line 14: c\.extra is read by the names of its columns"):
        columns(tmp_path, step)


def test_they_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(TEXT.format(helped="funding", step="pass"))
    assert summary(define(from_file(file), {}))["extra"] == ["funding", "seen"]


def test_they_can_only_be_read(tmp_path: Path) -> None:
    with pytest.raises(StrategyRefused, match=r"line 14: c\.extra is read only"):
        columns(tmp_path, "c.extra.a = 1.0")


def test_a_source_is_parsed_once_for_all_sets_of_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "own.py"
    file.write_text(TEXT.format(helped="helped", step="pass"))
    source = from_file(file)
    first = define(source, {})
    monkeypatch.delattr(ast, "parse")
    assert define(source, {}).extra == first.extra == ("helped", "seen")
