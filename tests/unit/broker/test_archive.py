"""Java gets the archive of a start that the environment names, if it is there and of the pinned Kafka."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from worker.broker import java
from worker.broker.archive import ARCHIVE
from worker.broker.lock import PINNED, Release

OTHER = replace(PINNED, version="4.0.0")


def command(log: Path, release: Release) -> list[str]:
    return java.command("kafka.Kafka", heap="512m", log=log, release=release)


@pytest.mark.parametrize(
    ("there", "release", "used"), [(True, PINNED, True), (False, PINNED, False), (True, OTHER, False)]
)
def test_an_archive_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool, release: Release, used: bool
) -> None:
    archive = tmp_path / "start.aot"
    if there:
        archive.touch()
    monkeypatch.setenv(ARCHIVE, str(archive))
    monkeypatch.setattr(java, "class_path", lambda release: "jars")
    assert (f"-XX:AOTCache={archive}" in command(tmp_path / "log", release)) is used
