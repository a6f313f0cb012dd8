"""One worker that has all partitions of large topics: latency, CPU, memory, connections, transactions a second.

`make bench WHAT=partitions`
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from itertools import product
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from tests.bench import report
from tests.bench.cpu import Client, Failed
from tests.bench.latency.run import RATES, Flow, run
from tests.bench.latency.ticks import SYMBOLS
from tests.bench.peers.catalogue import GUARANTEES, WORKER, Place
from tests.bench.peers.running import Arena
from worker.broker import Broker

COUNTS = (64, 500)
RATE = RATES["2k"]
_ESTABLISHED = "01"  # in /proc/<pid>/net/tcp, Linux include/net/tcp_states.h
WAIT_S = 20.0


def connections(pid: int) -> int:
    """Open TCP connections of a process."""
    own = {os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()}
    texts = [Path(f"/proc/{pid}/net/{file}").read_text() for file in ("tcp", "tcp6")]
    lines = [line.split() for text in texts for line in text.splitlines()]
    return sum(fields[3] == _ESTABLISHED and f"socket:[{fields[9]}]" in own for fields in lines)


def markers(place: Place, partitions: int, records: int) -> int:
    """Transactions that have written decisions: the offsets of that topic that are no record."""
    given = {"bootstrap.servers": place.bootstrap, "group.id": "none", "log_level": 0}
    with closing(Consumer(given)) as reader:
        places = [TopicPartition(place.output, each) for each in range(partitions)]
        return sum(reader.get_watermark_offsets(each, WAIT_S)[1] for each in places) - records


def measured(arena: Arena, partitions: int, guarantee: str, flow: Flow) -> dict[str, float]:
    """The figures of one run, all ticks taken into account but for latencies, which are those after the warm-up."""
    prefix = f"p{partitions}_{guarantee}"
    seconds = flow.warm_s + flow.measured_s
    figures: dict[str, float] = {}

    def look(client: Client, place: Place) -> None:
        figures[f"{prefix}_connections"] = connections(client.process.pid)
        figures[f"{prefix}_rss_mb"] = client.spent.rss_mb
        found = markers(place, partitions, SYMBOLS + int(RATE * seconds))
        figures[f"{prefix}_transactions_per_s"] = found / seconds

    found = run(arena, WORKER, "full", guarantee, RATE, flow, partitions, look)
    return figures | {f"{prefix}_p50_ms": found.p50, f"{prefix}_p99_ms": found.p99, f"{prefix}_cpu_s": found.cpu_s}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench WHAT=partitions", description=__doc__)
    parser.add_argument("--partitions", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--warm", type=float, default=15.0, help="seconds of ticks before the measured ones")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args(arguments)
    flow, figures, failed = Flow(given.warm, given.seconds), dict[str, float](), False
    for partitions, guarantee in product(given.partitions, GUARANTEES):
        print(f"{partitions} partitions, {guarantee}, {RATE:,} ticks a second", flush=True)
        try:
            with Broker(sustained=True) as broker:  # a new one: it works for long on the removal of many partitions
                figures |= measured(Arena(broker.bootstrap), partitions, guarantee, flow)
        except Failed as error:
            print(f"failed: {error}", flush=True)
            failed = True
    if figures:
        report.table(figures)
        report.write("bench-partitions", figures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
