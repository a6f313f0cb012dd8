"""Nothing is told apart from an archive that is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Called, call
from tests.unit.archive.test_upkeep import IDENTITY, KIND, filled, store
from worker.archive.delta.sink import DeltaSink
from worker.errors import ConfigError, Exit
from worker.export.delta import Store

__all__ = ["store"]
COMMANDS = ("show", "compact")


def asked(url: object, command: str, *more: str) -> Called:
    return call("archive", command, "--url", str(url), *more)


@pytest.mark.parametrize("command", COMMANDS)
def test_where_no_table_is_there_is_no_answer(tmp_path: Path, command: str) -> None:
    for url, says in ((tmp_path / "absent", "absent is no folder"), (tmp_path, "neither of decisions, rejections")):
        for more in ((), ("--json",)):
            found = asked(url, command, *more)
            assert found.code == Exit.CONFIG, found
            assert says in found.sentence
            assert "fix:" in found.sentence
            assert not found.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("url", ["", "somewhere"])
def test_another_sink_has_no_files(monkeypatch: pytest.MonkeyPatch, command: str, url: str) -> None:
    monkeypatch.setenv("ALPHAPULSE_ARCHIVE__SINK", "postgres")
    found = asked(url, command)
    assert (found.code, found.out) == (Exit.CONFIG, ""), found
    assert "archive.sink = postgres has no Delta tables" in found.sentence
    assert "fix: Ask the database itself" in found.sentence


def test_a_table_without_rows_is_an_answer(store: Store) -> None:
    DeltaSink(store, KIND, IDENTITY).load([0])
    assert json.loads(asked(store.url, "show", "--json").out) == {"rejections": []}
    found = asked(store.url, "show")
    assert (found.code, found.sentence) == (0, "rejections: the table is there, and has no row")
    assert json.loads(asked(store.url, "compact", "--json").out) == {
        "rejections": {"compaction": {"days": 0, "removed": 0, "added": 0}}
    }


def test_rows_are_shown(store: Store) -> None:
    filled(store)
    assert [day["rows"] for day in json.loads(asked(store.url, "show", "--json").out)["rejections"]] == [7, 5]
    assert asked(store.url, "compact", "--sort").code == 0
    assert [day["sorted"] for day in json.loads(asked(store.url, "show", "--json").out)["rejections"]] == [True, True]


def test_no_table_is_no_proof(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"there is no table .*rejections"):
        DeltaSink(store, KIND, IDENTITY).look([0])
    assert not Path(store.url).exists()
