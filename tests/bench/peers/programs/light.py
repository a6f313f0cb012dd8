"""This worker's runtime with a light job: python -m tests.bench.peers.programs.light pass|zscore."""

from __future__ import annotations

import sys

from tests.bench.peers.light_engine import LightJob
from worker.cli.common import run_async
from worker.settings import load_settings
from worker.stream.process import WorkerProcess
from worker.telemetry.log import configure


def main() -> None:
    """Until SIGTERM; settings come from the environment."""
    settings = load_settings({})
    configure(settings.log, worker_id="light", group=settings.processing.group)
    sys.exit(run_async(WorkerProcess(settings, LightJob(settings, sys.argv[1] == "zscore")).run()))


if __name__ == "__main__":
    main()
