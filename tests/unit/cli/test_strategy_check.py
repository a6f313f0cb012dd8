"""`strategy check` tells what is wrong with its line, and ends with 65; what can't be checked ends with 78."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.examples import long_only
from tests.support.strategies import with_step
from worker.cli import strategy
from worker.errors import ConfigError, Exit
from worker.strategy.checking.sequence import SHOWS
from worker.strategy.scaffold import write


def run(*given: str) -> Any:
    """`alphapulse strategy check`."""
    return CliRunner().invoke(strategy.app, ["check", *given])


def test_a_new_one_passes(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    write(file)
    result = run(str(file), "--bars", "300")
    assert result.exit_code == Exit.OK, result.output
    assert [line.split()[:2] for line in result.stdout.splitlines()[: len(SHOWS)]] == [["ok", name] for name in SHOWS]
    for part in ("OK: mine.py passes 13 checks", "what blocked", "bars with a signal", "bytes of indicators"):
        assert part in result.stdout
    assert "mine.py: some 15 seconds" in result.stderr


def test_what_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(with_step("c.order.side, c.order.share = LONG, 0.1", "c.order.stop = c.bar.high"))
    result = run(str(file), "--bars", "200", "--dataset", "sp500", "--json")
    assert result.exit_code == Exit.DATA
    report = json.loads(result.stdout)
    failed = {each["name"]: each["faults"] for each in report["checks"] if each["status"] == "failed"}
    assert set(failed) == {"answers", "markets"}
    assert failed["answers"][0]["line"] == 14
    assert failed["answers"][0]["says"].startswith("invalid at bar 1 of SPX (1999-01-04 00:00 UTC), and at ")
    assert report["figures"]["bars"] == 200


def test_nothing_is_run_that_the_lint_refuses(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(with_step("c.order.qty = c.bar.close ** 0.5", "print(id(c))"))
    result = run(str(file))
    assert result.exit_code == Exit.DATA
    assert "line 13: ** takes the machine's library" in result.stdout
    assert "line 14: id() is another number" in result.stdout
    assert "not run: definition, answers," in result.stdout
    assert "FAILED: own.py fails 1 check, listed above" in result.stdout


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("none.py",), "none.py can't be read: No such file"),
        (("none",), "there is no file and no strategy none"),
        (("own.py", "--set", "fast=0"), "invalid setting: engine.strategy.parameters.fast"),
    ],
)
def test_what_can_not_be_checked(
    given: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "own.py")
    found = run(*given).exception
    assert isinstance(found, ConfigError)
    assert sentence in str(found)


@pytest.mark.parametrize("interval", ["7h", "1w", "soon"])
def test_a_length_of_bars_that_can_not_be_made(interval: str, tmp_path: Path) -> None:
    write(tmp_path / "own.py")
    assert run(str(tmp_path / "own.py"), "--interval", interval).exit_code == Exit.USAGE
    assert run(str(tmp_path / "own.py"), "--interval", "1d", "--dataset", "sp500").exit_code == Exit.USAGE


@long_only("a check takes some 10 seconds")
def test_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its package is imported in the processes that play it, and only there."""
    home, meta = tmp_path / "outland", tmp_path / "outland-1.0.dist-info"
    home.mkdir()
    meta.mkdir()
    (home / "__init__.py").write_text("")
    (home / "kept.py").write_text("COUNT = [0]\n")
    (home / "own.py").write_text(
        with_step("COUNT[0] += 1", "c.order.side = COUNT[0] % 2", head="from outland.kept import COUNT")
    )
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: outland\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[alphapulse.strategies]\nout = outland.own:Own\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    result = run("out", "--bars", "200")
    assert result.exit_code == Exit.DATA
    assert "line 13: COUNT is written" in result.stdout
    (home / "own.py").write_text(with_step("c.order.side = max(c.bar.ts, c.bar.missing)"))
    result = run("out", "--bars", "200")
    assert "line 13: raised at bar 1 of WALK0" in result.stdout
    (home / "own.py").write_text(with_step("c.order.side = LONG"))
    assert run("out", "--bars", "200").exit_code == Exit.OK
