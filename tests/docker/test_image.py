"""The worker's image: small duties, no privileges, nothing left to compile."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docker.containers import once
from tests.docker.images import DOCKERFILE, KAFKA_DOCKERFILE, ROOT
from tests.docker.shell import docker, run
from worker.version import __version__

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

DIGESTS = "cd {} && find . -type f -exec sha256sum {{}} + | sort"


def test_dockerfiles_pass_the_linter() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    run(hadolint, "--config", ROOT / ".hadolint.yaml", DOCKERFILE, KAFKA_DOCKERFILE)


def test_image_tells_its_version(worker_image: str) -> None:
    assert once(worker_image, "--version") == f"alphapulse-worker {__version__}"


def test_image_declares_user_signal_entry_point_and_labels(worker_image: str) -> None:
    config = json.loads(docker("image", "inspect", "--format={{json .Config}}", worker_image))
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"
    assert (config["Entrypoint"], config["Cmd"]) == (["alphapulse"], ["worker"])
    assert config["Labels"]["org.opencontainers.image.version"] == __version__
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_process_has_no_privileges_and_owns_nothing(worker_image: str) -> None:
    script = "id -u; grep CapEff /proc/self/status; find /opt/alphapulse -writable ! -type l | wc -l"
    user, capabilities, writable = once(worker_image, "-c", script, entrypoint="sh").splitlines()
    assert user == "10001"
    assert int(capabilities.split()[1], 16) == 0
    assert int(writable) == 0


def test_image_carries_no_installer_and_no_tests(worker_image: str) -> None:
    script = "find /opt/alphapulse -type d '(' -name pip -o -name hatchling -o -name pytest -o -name tests ')'"
    assert once(worker_image, "-c", script, entrypoint="sh") == ""


def test_kernels_start_from_the_cache_of_the_build(worker_image: str, note: Callable[[str], None]) -> None:
    built = once(worker_image, "-c", DIGESTS.format("/opt/alphapulse/cache/kernels/*"), entrypoint="sh")
    used = DIGESTS.format("/tmp/alphapulse-kernels-10001/*")
    begun = time.monotonic()
    after = once(worker_image, "-c", f"alphapulse warmup >&2 && {used}", entrypoint="sh", timeout=120)
    note(f"all kernels loaded {time.monotonic() - begun:.1f} s after `docker run`")
    assert ".nbc" in built
    assert after == built, "kernels were compiled again"
