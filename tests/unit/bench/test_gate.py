"""The regression gate's comparison, and that it is made of whole turns."""

from __future__ import annotations

import json

import pytest

from tests.bench import gate, report
from tests.bench.gate import Turn, compare


@pytest.mark.parametrize(("ratio", "passed"), [(2.0, True), (1.0, True), (2.29, True), (2.31, False), (4.0, False)])
def test_only_a_slower_figure_fails(ratio: float, passed: bool) -> None:
    verdict = compare(ratio, 2.0)
    assert verdict.passed is passed
    assert verdict.change == pytest.approx(ratio / 2.0 - 1.0)


def test_a_slower_machine_alone_changes_nothing() -> None:
    fast, slow = Turn(0.1, 0.4, 0.2), Turn(0.2, 0.8, 0.4)
    assert fast.ratio == slow.ratio


def test_the_exit_code_tells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    baseline = json.loads(gate.BASELINE.read_text())["ratio"]
    monkeypatch.setattr("sys.argv", ["gate"])
    monkeypatch.setattr(report, "write", lambda *_: None)
    for factor, code in ((1.0, 0), (1.2, 1)):
        ratio = baseline * factor
        monkeypatch.setattr(gate, "measured", lambda *_, ratio=ratio: ({"check_ratio": ratio}, ratio))
        assert gate.main() == code
    assert "beyond 15%" in capsys.readouterr().out
