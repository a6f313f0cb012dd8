"""The demo end to end: it proves what it says, leaves nothing behind, and fails in one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Bootstrap
from worker.broker.ports import free_port
from worker.errors import Exit

pytestmark = pytest.mark.kafka
SMALL = ("--symbols", "60", "--seconds", "12", "--rate", "1500")
SHORT = ("--symbols", "60", "--seconds", "9", "--rate", "1500")


class Run:
    """A demo in a process of its own, with a folder for all temporary files and a mark on all its processes."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._temporary = folder / "tmp"
        self._temporary.mkdir()
        self._mark = f"ALPHAPULSE_SHARED={folder / uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        environment = os.environ | {name: value, "TMPDIR": str(self._temporary)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def finish(self, seconds: float = 150.0) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out, err

    def processes(self) -> dict[int, str]:
        """Its processes that run now: pid → command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue  # no process, or one that has just ended
            if self._mark.encode() in environment or str(self._temporary) in words:
                found[int(entry.name)] = words
        return found

    def wait_for(self, text: str, count: int, seconds: float = 60.0) -> None:
        """Wait until so many of its processes have `text` in their command lines."""
        deadline = time.monotonic() + seconds
        while sum(text in words for words in self.processes().values()) < count:
            assert time.monotonic() < deadline, self.processes()
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)  # /proc can only be asked

    def assert_clean(self) -> None:
        """Neither a process nor a file is left."""
        assert self.processes() == {}
        assert list(self._temporary.iterdir()) == []


def check(code: int, out: str, err: str) -> dict[str, Any]:
    assert code == Exit.OK, err
    result: dict[str, Any] = json.loads(out)
    assert result["ok"]
    verify, labels, kill = result["verify"], result["labels"], result["kill"]
    assert verify["complete"]
    assert sum(p["inputs"] for p in verify["partitions"]) == result["published"]["records"] >= 12_000
    assert sum(result["decisions"].values()) + sum(result["rejections"].values()) == result["published"]["records"]
    assert labels["holds"]
    assert labels["matched"] == labels["labelled"] == sum(result["rejections"].values()) > 0
    assert kill["lag"] > 0
    assert kill["takeover_seconds"] > 0
    assert [w["state"] for w in result["workers"]] == ["running", "killed", "running"]
    crash = result["crash"]
    assert crash["holds"]
    assert crash["loss"] > crash["kill_limit"] > crash["block_limit"] > 0
    assert 1 <= crash["bars_to_obey"] <= 2
    assert crash["bars_barred"] > 60
    assert crash["opens_before"] > 20
    assert crash["opens_barred"] == 0
    assert crash["opens_after"] > 0
    assert result["published"]["symbols"] == 62
    assert result["published"]["real"] > 1_000
    return result


@pytest.mark.alone
def test_a_worker_is_killed_with_work_in_hand_and_nothing_is_lost(tmp_path: Path) -> None:
    run = Run(tmp_path, "--json", *SMALL)
    result = check(*run.finish())
    assert result["seconds"] < 60
    run.assert_clean()


@pytest.mark.alone
async def test_on_a_given_broker_it_leaves_no_topic(broker: Bootstrap, tmp_path: Path) -> None:
    from aiokafka.admin import AIOKafkaAdminClient

    run = Run(tmp_path, "--json", "--bootstrap-servers", broker.bootstrap, *SHORT)
    result = check(*run.finish())
    assert result["bootstrap"] == broker.bootstrap
    run.assert_clean()
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        assert not [name for name in await admin.list_topics() if name.startswith(result["prefix"])]
    finally:
        await admin.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_cleans_up(number: signal.Signals, tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.wait_for("worker worker", 2)
    run.process.send_signal(number)
    code, _, err = run.finish(30)
    assert code == Exit.INTERRUPTED
    assert err == "interrupted; workers, broker and temporary files are gone\n"
    run.assert_clean()


def test_an_unusable_broker_is_one_sentence(tmp_path: Path) -> None:
    run = Run(tmp_path, "--json", "--bootstrap-servers", f"127.0.0.1:{free_port()}")
    code, out, err = run.finish(60)
    assert code == Exit.UNAVAILABLE
    assert out == ""
    assert "✗ reach Kafka at 127.0.0.1:" in err
    assert err.count("error: no Kafka broker answers at 127.0.0.1:") == 1
    assert "Traceback" not in err
    run.assert_clean()
