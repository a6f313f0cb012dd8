"""Every setting and every variable is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker import reference
from worker.settings.known import every_path
from worker.settings.model import Settings
from worker.settings.names import DELIMITER, path_of
from worker.settings.variables import NAMES

ROOT = Path(__file__).parents[3]
NAME = re.compile(r"ALPHAPULSE_[A-Z0-9]+(?:__?[A-Z0-9]+)*\b|\bKAFKA_IMAGE\b")


def test_no_setting_is_without_a_description() -> None:
    rows = [line.split(" | ") for line in reference.settings().splitlines() if line.startswith("| `")]
    assert len(rows) > len(Settings.model_fields)
    assert [row[0] for row in rows if not row[-1].rstrip("| ")] == []


def names_in(folder: str, *suffixes: str) -> set[str]:
    """The variables that files below a folder speak of."""
    found: set[str] = set()
    for file in (ROOT / folder).rglob("*"):
        if file.suffix in suffixes or (file.is_file() and file.suffix == "" and "Dockerfile" in file.name):
            found |= set(NAME.findall(file.read_text(errors="replace")))
    return found


@pytest.mark.parametrize("folder", ["worker", "deploy", "tests/support", "examples"])
def test_every_variable_that_is_used_is_documented(folder: str) -> None:
    used = names_in(folder, ".py", ".yaml", ".toml", ".ipynb")
    assert used
    settings = {name for name in used if DELIMITER in name}
    no_settings = used - settings
    pages = reference.settings()
    assert [name for name in sorted(no_settings) if f"`{name}`" not in pages] == []
    known = set(every_path())
    for name in sorted(settings):
        path = path_of(name.removeprefix("ALPHAPULSE_"))
        assert (
            path in known or any(one[: len(path)] == path for one in known) or path[:2] == ("engine", "instruments")
        ), name


def test_what_is_documented_is_used() -> None:
    used = names_in("worker", ".py") | names_in("deploy", ".yaml") | names_in("tests", ".py", ".yaml")
    assert used >= NAMES
