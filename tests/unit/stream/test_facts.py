"""What a member says of itself when it is about to join (`worker --json`)."""

from __future__ import annotations

import os
from typing import Any

from worker.settings import Settings
from worker.stream.process import WorkerProcess
from worker.version import __version__


class Job:
    """As much of a job as is told."""

    version, config_hash = "4", "0123456789abcdef"


def test_a_member_tells_what_it_is() -> None:
    job: Any = Job()
    settings = Settings(topics={"prefix": "x."}, processing={"group": "g", "guarantee": "at_least_once"})
    assert WorkerProcess(settings, job).facts() == {
        "pid": os.getpid(),
        "version": __version__,
        "engine_version": "4",
        "config_hash": "0123456789abcdef",
        "bootstrap_servers": settings.kafka.bootstrap_servers,
        "group": "g",
        "guarantee": "at_least_once",
        "input": "x.ticks.raw",
        "partitions": settings.topics.partitions,
        "probes": None,
    }
