"""The kill points of the fault suite, played now: each that passes counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tests.bench.archive.targets import POINTS

STORIES = (
    "tests/chaos/test_archive.py::test_members_are_killed_at_each_step",
    "tests/chaos/test_archive_store.py::test_faults_of_the_store_lose_and_repeat_nothing",
)
OF_STORY = (POINTS - 2, 2)


def figures(say: Callable[[str], None]) -> dict[str, float]:
    """How many kill points left every record one row; a story counts as a whole."""
    passed = 0
    for story, points in zip(STORIES, OF_STORY, strict=True):
        say(f"playing {story.rpartition('::')[2]}")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", story], capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and "1 passed" in done.stdout:
            passed += points
        else:
            say(done.stdout[-2_000:])
    return {"kill_points_passed": float(passed)}
