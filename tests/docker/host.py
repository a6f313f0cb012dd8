"""Runs this working tree's `alphapulse` on the host, as a user beside the containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

PROGRAM = (sys.executable, "-c", "from worker.cli import main; main()")


def alphapulse(*arguments: str, env: Mapping[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """`alphapulse ARGUMENTS` with `env` added to the environment; its status is for the caller to judge."""
    environment = {**os.environ, **env}
    return subprocess.run(
        [*PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def succeed(env: Mapping[str, str], *arguments: str, timeout: float = 60) -> str:
    """What `alphapulse ARGUMENTS` prints; it must end with status 0."""
    done = alphapulse(*arguments, env=env, timeout=timeout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def verified(env: Mapping[str, str], wait: float) -> int:
    """How many input records `verify` found, all of them answered exactly once within `wait` seconds."""
    group = env["ALPHAPULSE_PROCESSING__GROUP"]
    report = json.loads(succeed(env, "verify", "--group", group, "--wait", str(wait), "--json", timeout=wait + 30))
    assert report["complete"], report
    return sum(int(partition["inputs"]) for partition in report["partitions"])
