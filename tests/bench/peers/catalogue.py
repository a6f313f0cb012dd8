"""The clients that are compared: what each can do, how much it is given, how it is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.bench.peers import java, python
from worker.version import __version__

TASKS = ("pass", "zscore", "full")
GUARANTEES = ("alos", "eos")
LIGHT = ("pass", "zscore")
NAMES = {"alos": "at_least_once", "eos": "exactly_once"}


class Place(NamedTuple):
    """Where one run works: broker, topics, group, a scratch folder, and where a new group begins."""

    bootstrap: str
    input: str
    output: str
    group: str
    folder: Path
    reset: str = "earliest"

    @property
    def rejected(self) -> str:
        """The topic of rejections, which only this project's worker writes."""
        return f"{self.output}.rejected"


class Start(NamedTuple):
    """A command and its environment."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True, eq=False)
class Peer:
    """`install` makes it ready and says with what version; it raises Absent where that can't be."""

    name: str
    shown: str
    install: Callable[[], str]
    start: Callable[[Place, str, str], Start]
    records: int = 1_000_000
    tasks: tuple[str, ...] = LIGHT
    guarantees: tuple[str, ...] = GUARANTEES
    fewer: Mapping[str, int] = field(default_factory=dict)  # records by task, where not `records`
    notes: str = ""

    def topics(self, place: Place, task: str) -> tuple[str, ...]:
        """The topics whose records are this peer's outputs."""
        return (place.output, place.rejected) if task == "full" else (place.output,)

    def amount(self, task: str, cap: int | None) -> int:
        """Records of a run; `cap` makes every run shorter."""
        wanted = self.fewer.get(task, self.records)
        return min(wanted, cap) if cap else wanted


def _program(name: str, interpreter: Callable[[], Path]) -> Callable[[Place, str, str], Start]:
    def start(place: Place, task: str, guarantee: str) -> Start:
        words = [place.bootstrap, place.input, place.output, place.group, task, guarantee, place.reset]
        module = f"tests.bench.peers.programs.{name}"
        return Start([str(interpreter()), "-m", module, *words, str(place.folder)], dict(os.environ))

    return start


def _streams(store: str) -> Callable[[Place, str, str], Start]:
    def start(place: Place, task: str, guarantee: str) -> Start:
        words = [place.bootstrap, place.input, place.output, place.group, task, guarantee, place.reset]
        return Start(java.command(*words, str(place.folder), store), java.environment())

    return start


def _worker(**more: str) -> Callable[[Place, str, str], Start]:
    def start(place: Place, task: str, guarantee: str) -> Start:
        own = {
            "KAFKA__BOOTSTRAP_SERVERS": place.bootstrap,
            "TOPICS__TICKS": place.input,
            "TOPICS__DECISIONS": place.output,
            "TOPICS__REJECTED": place.rejected,
            "PROCESSING__GROUP": place.group,
            "PROCESSING__GUARANTEE": NAMES[guarantee],
            "OPS__PORT": "0",
            "LOG__LEVEL": "WARNING",
        } | more
        environment = os.environ | {f"ALPHAPULSE_{name}": value for name, value in own.items()}
        program = ["worker", "worker"] if task == "full" else ["tests.bench.peers.programs.light", task]
        return Start([sys.executable, "-m", *program], environment)

    return start


def _own() -> str:
    return __version__


def _here() -> Path:
    return Path(sys.executable)


PEERS = (
    Peer("worker", "this worker", _own, _worker(), tasks=TASKS),
    Peer(
        "worker_public",
        "this worker, public client calls only",
        _own,
        _worker(PROCESSING__FAST_PATH="false"),
        tasks=TASKS,
    ),
    Peer(
        "confluent",
        "confluent-kafka + msgspec by hand",
        lambda: python.version_here("confluent-kafka"),
        _program("confluent_loop", _here),
        notes="windows in memory only: a restart loses them; commits every 100 ms",
    ),
    Peer(
        "confluent_low_latency",
        "C client by hand, for latency",
        lambda: python.version_here("confluent-kafka"),
        _program("confluent_low_latency", _here),
        tasks=("zscore",),
        notes="windows in memory only: a restart loses them; linger.ms=0, a commit a second, or a transaction a round",
    ),
    Peer(
        "kstreams",
        "Kafka Streams, in-memory store, larger batches",
        java.install,
        _streams("memory"),
        records=3_000_000,
        notes="Java 25; changelog topic; 256 KiB producer batches, 5,000 records a poll, 4 MiB a partition's fetch",
    ),
    Peer(
        "kstreams_rocksdb",
        "Kafka Streams, its defaults",
        java.install,
        _streams("rocksdb"),
        records=3_000_000,
        tasks=("zscore",),
        notes="Java 25; RocksDB store with cache and changelog topic",
    ),
    Peer(
        "quix",
        "Quix Streams",
        lambda: python.install("quixstreams==3.28.1"),
        _program("quix", lambda: python.interpreter("quixstreams==3.28.1")),
        records=200_000,
        notes="RocksDB store with changelog topic; commits every 5 s, its default",
    ),
    Peer(
        "faust",
        "faust-streaming",
        lambda: python.install("faust-streaming==0.15.3"),
        _program("faust_app", lambda: python.interpreter("faust-streaming==0.15.3")),
        records=15_000,
        notes="table in memory with changelog topic; pass takes 1,000 events at a time",
    ),
    Peer(
        "naive",
        "aiokafka, one await a record",
        lambda: python.version_here("aiokafka"),
        _program("naive", _here),
        records=200_000,
        guarantees=("alos",),
        notes="windows in memory only: a restart loses them; a commit for each fetch",
    ),
)

WORKER = next(peer for peer in PEERS if peer.name == "worker")
