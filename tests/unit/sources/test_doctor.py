"""`doctor` finds what is wrong and says what to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from worker.cli import doctor as module
from worker.cli.doctor import (
    configuration,
    dependency,
    disk_space,
    doctor,
    extra,
    kernel_cache,
    python_version,
    state_folder,
)
from worker.errors import Exit


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The command, with cache and state in a fresh folder."""
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ALPHAPULSE_STATE_DIR", str(tmp_path / "state"))
    app = typer.Typer()
    app.command()(doctor)
    return app


def test_a_sound_environment_passes(command: typer.Typer) -> None:
    result = CliRunner().invoke(command, ["--offline", "--json"])
    assert result.exit_code == Exit.OK, result.output
    checks = {check["name"]: check for check in json.loads(result.stdout)}
    assert {"python", "numba", "extra embedded", "kernel cache", "broker jars", "disk space", "settings"} <= set(checks)
    assert checks["broker jars"]["ok"] is False  # the cache is fresh
    assert checks["broker jars"]["optional"] is True


def test_each_failure_has_one_line_and_one_fix(command: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cramjam", None)
    result = CliRunner().invoke(command, ["--offline"])
    assert result.exit_code == Exit.CONFIG
    lines = result.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("✗"))
    assert lines[at].startswith("✗ cramjam: cannot be imported")
    assert lines[at + 1].strip().startswith("fix: Run: pip install")


def test_no_broker_is_a_failure_with_its_fix(command: typer.Typer) -> None:
    result = CliRunner().invoke(command, ["-b", "127.0.0.1:1"])
    assert result.exit_code == Exit.CONFIG
    assert "✗ broker: no Kafka broker answers at 127.0.0.1:1" in result.stdout
    assert "alphapulse broker start" in result.stdout
    assert "topics" not in [line.split(":")[0].split()[-1] for line in result.stdout.splitlines()]


def test_wrong_settings_are_told(command: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_TOPIC__TICKS", "x")
    result = CliRunner().invoke(command, [])
    assert result.exit_code == Exit.CONFIG
    assert (
        "✗ settings: unknown setting topic.ticks, from the environment variable ALPHAPULSE_TOPIC__TICKS"
        in result.stdout
    )
    assert "Did you mean ALPHAPULSE_TOPICS__TICKS?" in result.stdout


def test_a_missing_package_is_told() -> None:
    assert not dependency("nothing", "no_such_module").ok
    missing = extra("parquet", ("pyarrow", "no_such_module"))
    assert (missing.ok, missing.optional) == (False, True)
    assert "no_such_module" in missing.detail
    assert "pyarrow" not in missing.detail
    assert "pip install -e '.[parquet]'" in missing.fix


def test_an_old_python_is_told() -> None:
    assert not python_version((3, 10)).ok
    assert python_version((3, 13)).ok


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(blocked))
    check = kernel_cache()
    assert not check.ok
    assert "ALPHAPULSE_CACHE_DIR" in check.fix


def test_an_engine_setting_that_does_not_fit_is_told(command: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_ENGINE__RISK__BUGDET", "1")
    result = CliRunner().invoke(command, ["--offline"])
    assert result.exit_code == Exit.CONFIG
    assert "✗ settings: unknown setting engine.risk.bugdet" in result.stdout


def test_a_state_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ALPHAPULSE_STATE_DIR", str(tmp_path / "file"))
    check = state_folder()
    assert (check.ok, check.optional) == (False, True)
    assert "ALPHAPULSE_STATE_DIR" in check.fix


def test_settings_that_can_not_be_checked_are_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "worker.settings", None)
    settings, check = configuration(None, None)
    assert settings is None
    assert check.detail.startswith("can't be checked: ")


def test_too_little_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_CACHE_DIR", str(tmp_path))
    assert disk_space().ok
    monkeypatch.setattr(module, "_FREE_BYTES", 10**18)
    check = disk_space()
    assert (check.ok, check.optional) == (False, False)
    assert check.fix == "Free 1 GB. Or set ALPHAPULSE_CACHE_DIR and ALPHAPULSE_STATE_DIR"
