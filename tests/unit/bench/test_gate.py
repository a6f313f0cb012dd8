"""The regression gate: two trees in turn, each in its own process, and what their pairs say."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench import gate, history, report
from tests.bench.gate import judged
from tests.bench.paired import Pair, Turn, spread

# A tree whose turns take `COST` times as long as the first one's. The machine slows the engine, and not the calibration
# loop, by up to 40 % from turn to turn, and single turns differ by up to 6 % more.
GATE = """
from typing import NamedTuple

COST = {cost}

class Turn(NamedTuple):
    calibration: float
    engine: float
    encode: float

class EngineSettings: ...
class Settings: ...

class DecisionJob:
    def __init__(self, engine, settings):
        self.turns = 0
    def warm_up(self): ...

def market(symbols, bars):
    return [range(symbols * bars)]

def turn(job, batches, table):
    job.turns += 1
    machine = 1.0 + 0.1 * (job.turns % 5)
    noise = 1.0 + 0.06 * (hash((job.turns, COST)) % 101 - 50) / 50
    return Turn(0.2, 0.5 * machine * noise * COST, 0.1 * machine * noise * COST)
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Make the commit of a baseline; the function returned makes its code so much slower."""
    root = tmp_path / "tree"
    for name in ("worker", "schemas", "tests", "tests/bench"):
        (root / name).mkdir(parents=True)
        (root / name / "__init__.py").touch()

    def write(cost: float) -> None:
        (root / "tests/bench/gate.py").write_text(GATE.format(cost=cost))

    write(1.0)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "Begin")):
        subprocess.run(["git", *command], cwd=root, check=True)
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({"commit": history.head_of(root), "ratio": 1.0}))
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.argv", ["gate"])
    monkeypatch.setattr(gate, "ROOT", root)
    monkeypatch.setattr(gate, "BASELINE", baseline)
    monkeypatch.setattr(report, "write", lambda *_: None)
    return write


@pytest.mark.parametrize(("cost", "code"), [(0.7, 0), (1.0, 0), (1.1, 0), (1.2, 1), (2.0, 1)])
def test_a_seeded_slowdown_is_found_and_equal_code_passes(
    tree: Callable[[float], None], cost: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(cost)
    assert gate.main() == code
    said = capsys.readouterr().out
    change = float(said.partition("changed by ")[2].partition("%")[0]) / 100
    assert change == pytest.approx(cost - 1.0, abs=0.04)
    assert "in 9 pairs" in said
    assert ("beyond" if code else "within") + " 15%" in said


def test_without_history_the_committed_ratio_is_compared(
    tree: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gate.BASELINE.write_text(json.dumps({"commit": "0" * 40, "ratio": 1.0}))
    for ratio, code in ((1.1, 0), (1.2, 1)):
        monkeypatch.setattr(gate, "alone", lambda *_, ratio=ratio: {"check_ratio": ratio})
        assert gate.main() == code
        assert "the baseline's code is not there" in capsys.readouterr().out


def test_only_what_is_committed_becomes_the_baseline(
    tree: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["gate", "--update"])
    monkeypatch.setattr(gate, "alone", lambda *_: {"check_ratio": 1.5})
    assert gate.main() == 0
    assert json.loads(gate.BASELINE.read_text())["commit"] == history.head_of(gate.ROOT)
    before = gate.BASELINE.read_text()
    tree(1.2)
    assert gate.main() == 1
    assert "no commit holds" in capsys.readouterr().out
    assert gate.BASELINE.read_text() == before


def test_a_tree_that_cannot_be_measured_is_no_verdict(tree: Callable[[float], None]) -> None:
    (gate.ROOT / "tests/bench/gate.py").write_text("raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="ended with 3"):
        gate.main()


def test_a_slower_machine_alone_changes_nothing() -> None:
    fast, slow = Turn(0.1, 0.4, 0.2), Turn(0.2, 0.8, 0.4)
    assert fast.ratio == slow.ratio
    assert Pair(fast, slow).change == 0.0


def test_one_disturbed_pair_does_not_decide() -> None:
    even, late = Pair(Turn(1.0, 1.0, 0.0), Turn(1.0, 1.0, 0.0)), Pair(Turn(1.0, 1.0, 0.0), Turn(1.0, 9.0, 0.0))
    assert spread([even, late, even]).change == 0.0
    assert spread([late]).change == 8.0


@pytest.mark.parametrize(("change", "passed"), [(0.0, True), (-0.5, True), (0.149, True), (0.151, False)])
def test_only_a_slower_figure_fails(change: float, passed: bool) -> None:
    assert judged(change).passed is passed


def test_the_baseline_is_a_commit_of_this_history() -> None:
    baseline: dict[str, Any] = json.loads(gate.BASELINE.read_text())
    assert len(baseline["commit"]) == 40
    known = subprocess.run(
        ["git", "cat-file", "-e", baseline["commit"]], cwd=gate.ROOT, capture_output=True, check=False
    )
    if known.returncode:
        pytest.skip("a clone without this history")
    ancestor = ["git", "merge-base", "--is-ancestor", baseline["commit"], "HEAD"]
    assert subprocess.run(ancestor, cwd=gate.ROOT, check=False).returncode == 0
