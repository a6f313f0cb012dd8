"""The local broker for real: life cycle, faults on demand, the daemon's commands."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet import until
from tests.support.kafka import create_topics, produce, read_partition
from tests.support.transactions import open_transactions
from worker.broker import Broker
from worker.broker.jars import PRELOADED, jar_folder
from worker.broker.process import Process, identity
from worker.broker.readiness import is_ready
from worker.errors import BrokerUnavailable, CannotCreate, ConfigError, Exit

pytestmark = pytest.mark.kafka

TICK = (0, b"EURUSD", b"{}", 1_546_300_800_000)


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker that these tests may stop and kill; each leaves it running.

    It starts with no Java or Maven of the machine in reach, and with Java options of the user that would break it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nonexistent")
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:+NoSuchOption")
        broker = Broker().start()
    with broker:
        yield broker


def serves(broker: Broker) -> bool:
    host, _, port = broker.bootstrap.rpartition(":")
    return is_ready(host, int(port), timeout_s=0.5)


def test_only_the_owner_can_read_the_data(own: Broker) -> None:
    assert own.home.stat().st_mode & 0o777 == 0o700
    assert (own.home / "server.properties").stat().st_mode & 0o777 == 0o600


def test_it_listens_on_loopback_only(own: Broker) -> None:
    tables = [Path(f"/proc/{own.pid}/net/{table}").read_text() for table in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table.splitlines()]
    sockets = {os.readlink(fd) for fd in Path(f"/proc/{own.pid}/fd").iterdir() if fd.is_symlink()}
    listening = [line[1].rpartition(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets]
    assert len(listening) == 3
    # Java binds IPv4 loopback through its IPv6 socket: ::ffff:127.0.0.1.
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}


def test_starting_a_running_broker_does_nothing(own: Broker) -> None:
    before = own.pid
    own.start()
    assert own.pid == before


async def test_topics_are_not_created_by_accident(own: Broker, topic_prefix: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=own.bootstrap)
    await admin.start()
    try:
        answer = await admin.describe_topics([f"{topic_prefix}.misspelt"])
        assert [topic["error_code"] for topic in answer] == [3]  # UNKNOWN_TOPIC_OR_PARTITION
        assert f"{topic_prefix}.misspelt" not in await admin.list_topics()
    finally:
        await admin.close()


async def test_acknowledged_records_survive_stop_and_kill(own: Broker, topic_prefix: str) -> None:
    await create_topics(own.bootstrap, {topic_prefix: 2})
    await produce(own.bootstrap, topic_prefix, [TICK])
    own.pause()
    own.stop()  # also ends a frozen process
    assert not own.running
    with pytest.raises(BrokerUnavailable):
        own.pause()
    own.start()
    await produce(own.bootstrap, topic_prefix, [(1, None, b"second", 5)])
    own.kill()
    assert not serves(own)
    own.start()
    (first,) = await read_partition(own.bootstrap, topic_prefix, 0)
    (second,) = await read_partition(own.bootstrap, topic_prefix, 1)
    assert (first.key, first.value, first.timestamp) == (b"EURUSD", b"{}", 1_546_300_800_000)
    assert (second.key, second.value, second.timestamp, second.offset) == (None, b"second", 5, 0)


async def test_a_paused_broker_is_silent_and_goes_on(own: Broker, topic_prefix: str) -> None:
    await create_topics(own.bootstrap, {topic_prefix: 1})
    own.pause()
    assert own.running
    assert not serves(own)
    own.resume()
    assert await produce(own.bootstrap, topic_prefix, [TICK]) == [0]


async def test_reading_shows_committed_records_only(broker: Broker, topic_prefix: str) -> None:
    from aiokafka import AIOKafkaProducer

    await create_topics(broker.bootstrap, {topic_prefix: 1})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=topic_prefix)
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic_prefix, b"aborted", partition=0)
        await producer.abort_transaction()
        await producer.begin_transaction()
        await producer.send_and_wait(topic_prefix, b"committed", partition=0)
        await producer.commit_transaction()
    finally:
        await producer.stop()

    async def finished() -> bool:  # markers are written after the commit is answered
        return not await asyncio.to_thread(open_transactions, broker.bootstrap, topic_prefix)

    await until(finished, 20.0, "the transaction finished")
    assert [r.value for r in await read_partition(broker.bootstrap, topic_prefix, 0)] == [b"committed"]


def test_a_failed_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    broken = Broker(home=tmp_path / "home", properties={"authorizer.class.name": "no.such.Authorizer"})
    with pytest.raises(BrokerUnavailable, match=r"ended while starting(.|\n)*no\.such\.Authorizer"):
        broken.start()
    assert not broken.running


def test_a_setting_that_kafka_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotCreate, match=r"Invalid value many for configuration num\.io\.threads"):
        Broker(home=tmp_path / "home", properties={"num.io.threads": "many"}).start()


def test_a_taken_port_is_named(own: Broker, tmp_path: Path) -> None:
    port = int(own.bootstrap.rpartition(":")[2])
    with pytest.raises(BrokerUnavailable, match=f"port {port} is taken"):
        Broker(home=tmp_path, port=port).start()


def test_a_corrupted_jar_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "jars"
    shutil.copytree(jar_folder(), folder, copy_function=os.link)
    victim = next(folder.glob("kafka-clients-*.jar"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.unlink()
    victim.write_bytes(data)
    monkeypatch.setenv(PRELOADED, str(folder))
    broker = Broker(home=tmp_path / "home")
    with pytest.raises(ConfigError, match=f"{victim.name} is not the pinned file"):
        broker.start()
    assert not broker.running


def test_the_broker_dies_with_the_program_that_started_it() -> None:
    script = (
        "import time; from worker.broker import Broker; b = Broker()\n"
        "with b: print(b.pid, b.home, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, home = parent.stdout.readline().split()
        kafka = Process(int(pid))
        parent.kill()
    assert kafka.wait(10)
    shutil.rmtree(home)  # kill -9 leaves the temporary folder behind


def alphapulse(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from worker.cli import main; main()", "broker", *arguments],
        env=os.environ | {"ALPHAPULSE_STATE_DIR": str(state), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_daemon_starts_once_outlives_its_command_and_stops_once(tmp_path: Path) -> None:
    started = alphapulse("start", "--port", "0", "--json", state=tmp_path)
    assert started.returncode == Exit.OK, started.stderr
    first = json.loads(started.stdout)
    assert first["started"]
    assert first["serving"]
    try:
        again = alphapulse("start", state=tmp_path)
        assert f"runs already at {first['bootstrap']}" in again.stdout
        assert f"export ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS={first['bootstrap']}" in again.stdout
        status = json.loads(alphapulse("status", "--json", state=tmp_path).stdout)
        assert (status["pid"], status["serving"]) == (first["pid"], True)
    finally:
        stopped = alphapulse("stop", state=tmp_path)
    assert stopped.stdout == "Kafka stopped\n"
    assert identity(first["pid"]) is None
    assert alphapulse("stop", state=tmp_path).stdout == "No local broker is running\n"
    status = alphapulse("status", state=tmp_path)
    assert (status.returncode, status.stdout) == (Exit.UNAVAILABLE, "")  # a shell may evaluate it
    assert "No local broker is running" in status.stderr


def test_the_data_keep_their_port_and_another_is_refused(tmp_path: Path) -> None:
    first = json.loads(alphapulse("start", "--port", "0", "--json", state=tmp_path).stdout)
    try:
        number = int(first["bootstrap"].rpartition(":")[2])
        elsewhere = alphapulse("start", "--port", str(number - 1), state=tmp_path)
        assert elsewhere.returncode == Exit.CONFIG
        assert f"Kafka runs already at {first['bootstrap']}, not on port {number - 1}" in elsewhere.stderr
        alphapulse("stop", state=tmp_path)
        again = json.loads(alphapulse("start", "--port", "0", "--json", state=tmp_path).stdout)
        assert again["started"]
        assert again["bootstrap"] == first["bootstrap"]
    finally:
        alphapulse("stop", state=tmp_path)


def test_stop_never_touches_a_process_that_got_the_old_pid(tmp_path: Path) -> None:
    home = tmp_path / "broker"
    home.mkdir()
    with subprocess.Popen(["/bin/sleep", "60"]) as bystander:
        record = {"bootstrap": "127.0.0.1:9", "pid": bystander.pid, "container": "", "version": "4", "log": ""}
        (home / "broker.json").write_text(json.dumps(record))
        (home / "broker.pid").write_text(f"{bystander.pid} another-boot/1\n")
        assert alphapulse("status", state=tmp_path).returncode == Exit.UNAVAILABLE
        assert alphapulse("stop", state=tmp_path).stdout == "No local broker is running\n"
        assert bystander.poll() is None
        bystander.kill()


def test_run_serves_in_the_foreground_until_sigterm(tmp_path: Path) -> None:
    code = "from worker.cli import main; main()"
    options = ["--port", "0", "--home", str(tmp_path / "home"), "--property", "num.partitions=7"]
    command = [sys.executable, "-c", code, "broker", "run", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        host, _, port = running.stdout.readline().split()[-1].rpartition(":")
        assert is_ready(host, int(port))
        assert "num.partitions=7" in (tmp_path / "home" / "server.properties").read_text()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == Exit.OK
    assert not is_ready(host, int(port))
