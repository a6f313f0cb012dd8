"""What a start costs, and what a worker without input does: seconds to compile, to load, to the first decision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.bench.cpu import Client, Failed
from tests.bench.latency.ticks import ticks
from tests.bench.peers.catalogue import WORKER, Place
from tests.bench.peers.running import Arena, started

ROOT = Path(__file__).resolve().parents[2]
_OURS = ("ALPHAPULSE_", "ARGS", "MAKE", "MFLAGS", "VIRTUAL_ENV")  # what would bring this clone's set-up into another
PARTITIONS = 16
SETTLE_S, IDLE_S = 15.0, 20.0  # after the first decision: until all is saved, and what is measured
DEADLINE_S = 60.0
PREPARE = """
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings
PartitionEngine(EngineSettings()).warm_up()
"""


def compiled() -> dict[str, float]:
    """Seconds in which an empty cache is filled, and in which a process then has its engine."""
    with tempfile.TemporaryDirectory() as cache:
        given = os.environ | {"ALPHAPULSE_CACHE_DIR": cache}
        command = [sys.executable, "-m", "worker", "warmup", "--json"]
        begun = time.monotonic()
        done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=True)
        cold = time.monotonic() - begun
        told = json.loads(done.stdout)
        if not told["compiled"] or told["late"]:
            raise Failed(f"not all was compiled ahead: {told}")
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", PREPARE], env=given, check=True)
        return {"compile_cold_s": cold, "start_cached_s": time.monotonic() - begun}


def clean() -> dict[str, float]:
    """Seconds of `make demo` in a new clone of this repository's last commit: everything is installed and compiled.

    What pip, npm and Maven keep on this machine stays, so that the network is not what is measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        given = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        begun = time.monotonic()
        subprocess.run(["make", "demo"], cwd=clone, env=given | {"ALPHAPULSE_CACHE_DIR": f"{folder}/cache"}, check=True)
        return {"demo_clean_s": time.monotonic() - begun}


def first(arena: Arena, runs: int, say: Callable[[str], None]) -> dict[str, float]:
    """Seconds from a worker's start to its first decision, the median; its CPU without input, % of a core, the least.

    What is idle is known by the least: everything else is what others made it do.
    """
    seconds, idle = [], []
    for _ in range(runs):
        name = f"idle-{time.monotonic_ns()}"
        arena.watch.create(name, partitions=PARTITIONS)
        try:
            with arena.place(name, partitions=PARTITIONS) as place:
                found = _run(arena, place)
        finally:
            arena.watch.delete(name)
        say(f"first decision after {found[0]:.2f} s, idle {found[1]:.2f} % of a core")
        seconds.append(found[0])
        idle.append(found[1])
    return {"first_decision_s": sorted(seconds)[len(seconds) // 2], "idle_cpu_percent": min(idle)}


def _run(arena: Arena, place: Place) -> tuple[float, float]:
    producer = Producer({"bootstrap.servers": arena.bootstrap, "partitioner": "murmur2_random"})
    for record in ticks(100):
        producer.produce(place.input, record.value, record.key, timestamp=record.timestamp_ms)
    producer.flush()
    begun = time.monotonic()
    client = started(WORKER, place, "full", "eos")
    try:
        _await_first(arena.bootstrap, place.output, client)
        seconds = time.monotonic() - begun
        time.sleep(SETTLE_S)  # the worker saves what it knows and then does nothing: there is no condition
        spent, at = client.spent.cpu, time.monotonic()
        time.sleep(IDLE_S)  # what is measured is time without work
        return seconds, 100 * (client.spent.cpu - spent) / (time.monotonic() - at)
    finally:
        client.stop()


def _await_first(bootstrap: str, topic: str, client: Client) -> None:
    given = {"bootstrap.servers": bootstrap, "group.id": "first", "isolation.level": "read_committed"}
    with closing(Consumer(given)) as reader:
        reader.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        deadline = time.monotonic() + DEADLINE_S
        while (message := reader.poll(0.1)) is None or message.error():
            if not client.running or time.monotonic() > deadline:
                raise Failed(f"no decision:\n{client.tail()}")
