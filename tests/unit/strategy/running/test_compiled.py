"""Machine code is kept on disk, for as long as nothing that it depends on has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.forks import Program, each_in_a_fork
from tests.support.strategies import HEAD, STRATEGIES, with_step
from worker.engine.bar import INSTRUMENT
from worker.engine.kernel import CACHE
from worker.strategy.describing.definition import Definition, define
from worker.strategy.describing.source import from_file
from worker.strategy.errors import StrategyRefused
from worker.strategy.running import compiled
from worker.strategy.running.compiled import Compiled, machine


def definition(folder: Path, text: str, **parameters: Any) -> Definition:
    file = folder / "own.py"
    file.write_text(text)
    return define(from_file(file), parameters)


def hits(function: Compiled) -> int:
    found: int = function._call.cache_hits
    return found


def test_other_parameters_compile_nothing(tmp_path: Path) -> None:
    text = STRATEGIES["breakout"] + f"\n# {tmp_path}\n"
    assert hits(Compiled(definition(tmp_path, text))) == 0
    assert hits(Compiled(definition(tmp_path, text, enter=33, stop_atr=1.0))) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("losses: int", "losses: float"),
        ("pause: int", "pause: float"),
        ('"atr": ta', '"range": ta.atr(), "atr": ta'),
        ("held > 0 else", "held >= 0 else"),
    ],
)
def test_another_source_is_another_key(old: str, new: str, tmp_path: Path) -> None:
    text = STRATEGIES["breakout"]
    assert old in text
    assert machine(definition(tmp_path, text)).key != machine(definition(tmp_path, text.replace(old, new))).key


def test_other_records_of_the_engine_are_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address layout that has changed would read other memory."""
    found = definition(tmp_path, STRATEGIES["breakout"])
    before = machine(found).key
    monkeypatch.setattr(compiled, "CARRY", INSTRUMENT)
    assert machine(found).key != before


def test_the_path_is_no_part_of_the_key(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        keys.add(machine(definition(tmp_path / name, STRATEGIES["breakout"])).key)
    assert len(keys) == 1


IMPORTS = """
from worker.strategy.describing.definition import define
from worker.strategy.describing.in_memory import from_class
from worker.strategy.describing.source import from_file
from worker.strategy.running.compiled import Compiled
"""
ANOTHER = (
    IMPORTS
    + """
import sys
from pathlib import Path

file = Path(sys.argv[1])
if sys.argv[2] == "file":
    source = from_file(file)
else:
    sys.path.insert(0, str(file.parent))
    source = from_class(__import__(file.stem).Breakout)
print(Compiled(define(source, {}))._call.cache_hits)
"""
)


def test_a_file_and_its_imported_class_share_the_cache(tmp_path: Path) -> None:
    """A backtest comes before a notebook, or after it, and no process knows the other's module."""
    programs = []
    for order in (("file", "class"), ("class", "file")):
        file = tmp_path / f"{order[0]}_first.py"
        file.write_text(STRATEGIES["breakout"] + f"\n# {file}\n")
        programs += [Program(ANOTHER, [str(file), way]) for way in order]
    found = each_in_a_fork(IMPORTS, programs)
    assert [(each.code, each.out, each.err) for each in found] == [(0, "0\n", ""), (0, "1\n", "")] * 2


def test_without_a_cache_it_is_compiled_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.strategy.running.machine.CACHE", CACHE._replace(folder=None))
    assert Compiled(definition(tmp_path, with_step("c.order.side = FLAT"))).address


REFUSED = {
    "no such part": (["c.order.side = c.bars.close"], "line 13: there is no field 'bars' in c", "docs/strategies.md"),
    "no such field": (["x = 1", "c.order.sidee = 1"], "line 14: there is no field 'sidee' in c.order", "mean side?"),
    "no such indicator": (["c.order.stop = c.ind.atrr"], "line 13: there is no field 'atrr' in c.ind", "strategy show"),
    "a bar by number": (["c.order.stop = c.bar.low[1]"], "line 13: what stands before [ ] is one number", "c.was"),
    "no such name": (["c.order.side = BUY"], "line 13: the name 'BUY' is not defined", "Import it"),
    "self": (["self.buy()"], "line 13: the name 'self' is not defined", "`c` alone"),
    "ta": (["c.order.stop = ta.atr(3)"], "line 13: ta.atr in a step", "c.ind.NAME"),
    "an import": (["x = 1", "import math"], "line 14: Use of unsupported opcode", 'mode = "python"'),
    "text": (["c.order.side = 'buy'"], "line 13: 'buy' is text, and a number belongs here", "LONG, SHORT"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_compiled_is_refused_with_its_line(case: str, tmp_path: Path) -> None:
    lines, where, fix = REFUSED[case]
    text = with_step(*lines)
    assert text.startswith(HEAD)
    with pytest.raises(StrategyRefused) as caught:
        Compiled(definition(tmp_path, text))
    assert str(caught.value).startswith(f"own.py can't be compiled: {where}")
    assert "\n" not in str(caught.value)
    assert fix in caught.value.fix
    assert len(str(caught.value)) < 400
