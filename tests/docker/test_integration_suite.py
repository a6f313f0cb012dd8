"""What workers promise, once more, against Kafka in a container."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.docker.images import ROOT
from worker.broker.container import DockerBroker

SECONDS = 480
# The others prove files, commands and damage, for which it does not matter where the broker runs.
SUITE = ("test_publish", "test_worker_fleet", "test_worker_input", "test_worker_refusals", "test_snapshots")
PLUGIN = "tests.docker.given_broker_only"


@pytest.mark.docker
@pytest.mark.timeout(600)
def test_integration_suite_passes_against_a_kafka_container(kafka: DockerBroker, note: Callable[[str], None]) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        *(f"tests/integration/{name}.py" for name in SUITE),
        "-m",
        "kafka",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        PLUGIN,
    ]
    env = {**os.environ, "ALPHAPULSE_TEST_BOOTSTRAP": kafka.bootstrap}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    print(done.stdout[-8000:], done.stderr[-2000:])
    assert done.returncode == 0
    summary = done.stdout.strip().splitlines()[-1]
    note(f"integration suite on the container: {summary.strip('= ')}")
    passed = re.search(r"(\d+) passed", summary)
    assert passed
    assert int(passed[1]) > 0
