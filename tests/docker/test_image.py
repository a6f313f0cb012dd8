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
from worker.engine.compiled.target import VARIABLE, fixed
from worker.version import __version__

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

TARGETS = [target.name for target in fixed()]
# A program without single quotes: it prints the number of decisions of 500 bars, and their digest.
DECIDED = """
import hashlib
import json
from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from worker.engine.settings import EngineSettings
from worker.kafka.records.decode import decode
from worker.settings import Settings
from worker.stream.decisions import DecisionJob
begin, tp = 1_700_000_040_000, TopicPartition("ticks.raw", 0)
builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
for n in range(500):
    now, then = 100 + n * 37 % 11 / 7, 100 + (n + 1) * 37 % 11 / 7
    bar = {"open": now, "high": max(now, then) + 0.3, "low": min(now, then) - 0.2, "close": then, "volume": 10 + n % 5}
    ts = begin + 60_000 * n
    builder.append(n, ts + 60_000, b"A", json.dumps({"symbol": "A", "ts": ts, "interval": "1m"} | bar).encode(), [])
raw, _ = decode(bytes(builder.build()), 0, (), True, tp)
job = DecisionJob(EngineSettings(), Settings())
decided = [each.batch for each in job.publisher(tp, 1 << 20).outputs(raw, job.engine().step_raw(raw))]
digest = hashlib.sha256(b"".join(bytes(each._build()) for each in decided))
print(sum(each.record_count() for each in decided), digest.hexdigest())
"""


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


@pytest.fixture(params=["worker_image", "archive_image"])
def image(request: pytest.FixtureRequest) -> str:
    """Each of the two images."""
    return str(request.getfixturevalue(request.param))


def test_process_has_no_privileges_and_owns_nothing(image: str) -> None:
    script = "id -u; grep CapEff /proc/self/status; find /opt/alphapulse -writable ! -type l | wc -l"
    user, capabilities, writable = once(image, "-c", script, entrypoint="sh").splitlines()
    assert user == "10001"
    assert int(capabilities.split()[1], 16) == 0
    assert int(writable) == 0


def test_image_carries_no_installer_and_no_tests(image: str) -> None:
    script = "find /opt/alphapulse -type d '(' -name pip -o -name hatchling -o -name pytest -o -name tests ')'"
    assert once(image, "-c", script, entrypoint="sh") == ""


def test_the_archive_is_in_an_image_of_its_own(worker_image: str, archive_image: str) -> None:
    """It says what is missing, and where nothing is, what to do."""
    script = "alphapulse archive show --url /var/lib/alphapulse 2>&1; echo $?"
    said, code = once(worker_image, "-c", script, entrypoint="sh").rsplit("\n", 1)
    assert (code, "need pyarrow" in said, "fix: " in said) == ("78", True, True), said
    said, code = once(archive_image, "-c", script, entrypoint="sh").rsplit("\n", 1)
    assert (code, "holds no table of an archive" in " ".join(said.split())) == ("78", True), said
    assert once(archive_image, "-c", "import duckdb, psycopg, pyarrow", entrypoint="python3") == ""


def test_the_kernels_fit_what_the_archive_adds(archive_image: str) -> None:
    told = json.loads(once(archive_image, "warmup", "--json", timeout=120))
    assert told["compiled"] == 0


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_compiled_on_any_kind_of_cpu(target: str, worker_image: str, note: Callable[[str], None]) -> None:
    begun = time.monotonic()
    command = f"{VARIABLE}={target} alphapulse warmup --json"
    told = json.loads(once(worker_image, "-c", command, entrypoint="sh", timeout=120))
    note(f"all kernels for {target} loaded {time.monotonic() - begun:.1f} s after `docker run`")
    assert (told["target"], told["compiled"]) == (target, 0)


def test_every_kind_of_cpu_decides_the_same_bytes(worker_image: str) -> None:
    def decided(target: str) -> str:
        command = f"{VARIABLE}={target} python3 -c '{DECIDED}'"
        return once(worker_image, "-c", command, entrypoint="sh", timeout=120)

    first, *others = map(decided, TARGETS)
    records, digest = first.split()
    assert (int(records), len(digest)) == (500, 64)
    assert others == [first] * len(others)
