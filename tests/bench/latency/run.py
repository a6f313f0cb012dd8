"""One latency run of one client at one rate."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.bench.cpu import Client, Failed
from tests.bench.latency.ticks import SYMBOLS
from tests.bench.peers.catalogue import Peer, Place
from tests.bench.peers.running import Arena, started
from tests.bench.progress import PARTITIONS

RATES = {"2k": 2_000, "10k": 10_000}  # ticks a second
SLACK_S = 60.0  # to start and join the group, and to finish


class Flow(NamedTuple):
    """Seconds of a run: those not counted, and those counted after them."""

    warm_s: float
    measured_s: float


class Latency(NamedTuple):
    """From the producer's send to the committed output in a reader's hands, ms; `cpu_s` of the client while it ran."""

    p50: float
    p99: float
    most: float
    cpu_s: float


def run(
    arena: Arena,
    peer: Peer,
    task: str,
    guarantee: str,
    rate: int,
    flow: Flow,
    partitions: int = PARTITIONS,
    look: Callable[[Client, Place], None] = lambda client, place: None,
) -> Latency:
    """Latencies of the ticks that were sent after the warm-up; `look` is called when all have been answered.

    Raises:
        Failed: the client ended, or some tick has no output.
    """
    ticks, count = f"ticks-{uuid.uuid4().hex[:8]}", SYMBOLS + int(rate * (flow.warm_s + flow.measured_s))
    arena.watch.create(ticks, partitions=partitions)
    try:
        with arena.place(ticks, partitions=partitions) as place:
            client = started(peer, place, task, guarantee)
            try:
                topics = peer.topics(place, task)
                sent, received = _times(arena.bootstrap, ticks, topics, count, rate, place.folder)
                if not client.running:
                    raise Failed(f"ended:\n{client.tail()}")
                cpu = client.spent.cpu
                look(client, place)
            finally:
                client.stop()
    finally:
        arena.watch.delete(ticks)
    return _latency(sent, received, SYMBOLS + int(rate * flow.warm_s), cpu)


def _times(
    bootstrap: str, ticks: str, topics: tuple[str, ...], count: int, rate: int, folder: Path
) -> tuple[np.ndarray, np.ndarray]:
    sent, received = folder / "sent.npy", folder / "received.npy"
    seconds = count / rate + SLACK_S
    reader = _program("reader", bootstrap, str(count), str(seconds), str(received), *topics)
    generator = _program("generator", bootstrap, ticks, str(count), str(rate), str(sent))
    assert reader.stdout
    assert generator.stdin
    try:
        reader.stdout.readline()
        generator.stdin.close()
        for process in (generator, reader):
            if process.wait(seconds + SLACK_S):
                raise Failed(f"{process.args!r} ended with {process.returncode}")
    finally:
        for process in (generator, reader):
            process.kill()
            process.wait()
    return np.load(sent), np.load(received)


def _program(name: str, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"tests.bench.latency.{name}", *words]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _latency(sent: np.ndarray, received: np.ndarray, warm: int, cpu: float) -> Latency:
    if missing := int((received == 0).sum()):
        raise Failed(f"{missing:,} of {len(sent):,} ticks have no output")
    p50, p99, most = np.quantile((received - sent)[warm:] / 1e6, [0.5, 0.99, 1.0]).tolist()
    return Latency(p50, p99, most, cpu)
