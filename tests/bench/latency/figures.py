"""The latency figures of `make bench`: this worker with all stages and with the z-score, others with the z-score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.bench import document
from tests.bench.absent import Absent
from tests.bench.cpu import Failed
from tests.bench.latency.run import RATES, Flow, Latency, run
from tests.bench.peers.catalogue import GUARANTEES, PEERS, WORKER, Peer
from tests.bench.peers.running import Arena
from worker.settings import load_settings


class Measured(NamedTuple):
    """A client at a task: how its figures begin, and its name in the table."""

    peer: str
    task: str
    figure: str
    shown: str


MEASURED = (
    Measured("confluent_low_latency", "zscore", "confluent_latency", "C client (librdkafka) by hand, z-score"),
    Measured("worker", "zscore", "zscore_latency", "**this worker, z-score**"),
    Measured("worker", "full", "latency", "**this worker, all stages**"),
    Measured("kstreams", "zscore", "kstreams_latency", "Kafka Streams, z-score"),
)
CLIENTS = tuple(dict.fromkeys(one.peer for one in MEASURED))
Found = dict[tuple[Measured, str, str], Latency]  # by guarantee and rate
# CPU seconds at least once and 2,000/s: this worker's with all stages.
_CPU = {"latency": "worker_latency_cpu_s", "confluent_latency": "confluent_latency_cpu_s"}


def measured(arena: Arena, names: Sequence[str], flow: Flow, say: Callable[[str], None]) -> Found:
    """Every client at both guarantees and rates; one that is absent or fails is said and left out."""
    found: Found = {}
    _warm(arena, flow, say)
    peers = {peer.name: peer for peer in PEERS if peer.name in names}
    for name, peer in list(peers.items()):
        try:
            peer.install()
        except Absent as error:
            say(f"{name} is absent: {error}")
            del peers[name]
    # Client after client at the same load: a slow minute of the machine meets all of them.
    for guarantee in GUARANTEES:
        for rate in RATES:
            for one in (one for one in MEASURED if one.peer in peers):
                found |= _measured(arena, one, peers[one.peer], guarantee, rate, flow, say)
    return found


def _warm(arena: Arena, flow: Flow, say: Callable[[str], None]) -> None:
    # A broker that has just started runs uncompiled, at a tenth of its speed: whose turn came first would lose.
    say("warming the broker with every kind of request")
    for guarantee in GUARANTEES:
        run(arena, WORKER, "full", guarantee, max(RATES.values()), flow)


def _measured(
    arena: Arena, of: Measured, peer: Peer, guarantee: str, rate: str, flow: Flow, say: Callable[[str], None]
) -> Found:
    name = f"{of.peer} {of.task}"
    try:
        one = run(arena, peer, of.task, guarantee, RATES[rate], flow)
    except Failed as error:
        say(f"  latency {name} {guarantee} {rate}: {error}")
        return {}
    say(
        f"latency {name:28} {guarantee:5}{RATES[rate]:7,}/s   p50 {one.p50:6.1f} ms   p99 {one.p99:7.1f} ms"
        f"   most {one.most:7.1f} ms   {one.cpu_s:5.1f} CPU s"
    )
    return {(of, guarantee, rate): one}


def figures(found: Found) -> dict[str, float]:
    """By name."""
    named = {}
    for (of, guarantee, rate), one in found.items():
        named[f"{of.figure}_{guarantee}_{rate}_p50_ms"] = one.p50
        named[f"{of.figure}_{guarantee}_{rate}_p99_ms"] = one.p99
        if of.figure in _CPU and (guarantee, rate) == ("alos", "2k"):
            named[_CPU[of.figure]] = one.cpu_s
    return named


def settings() -> dict[str, Any]:
    """What decides the worker's latency."""
    processing = load_settings({}).processing
    return {name: getattr(processing, name) for name in ("commit_interval_ms", "max_batch_records", "fetch_max_bytes")}


def document_them(found: Found, flow: Flow, machine: Mapping[str, object]) -> None:
    """Write the table of `docs/performance.md` anew."""
    lines = ["| client | guarantee | ticks a second | p50, ms | p99, ms | client's CPU s, start included |"]
    lines += ["|---|---|---:|---:|---:|---:|"]
    for (of, guarantee, rate), one in found.items():
        cells = f"{RATES[rate]:,}", f"{one.p50:.1f}", f"{one.p99:.0f}", f"{one.cpu_s:.1f}"
        lines.append(f"| {of.shown} | {guarantee.upper()} | {' | '.join(cells)} |")
    said = ", ".join(f"`{name}` {value:,}" for name, value in settings().items())
    lines += ["", f"{flow.measured_s:.0f} s each after {flow.warm_s:.0f} s of warm-up; the worker's settings: {said};"]
    lines += [
        "The C client: `linger.ms` 0, commits every second (ALOS) or a transaction a round for all partitions (EOS)."
    ]
    lines += [f"Kafka Streams: commits every 30 s (ALOS) or 100 ms (EOS). On {document.facts(dict(machine))}."]
    document.fill("latency", "\n".join(lines))
