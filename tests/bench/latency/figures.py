"""The latency figures of `make bench`: this worker with all stages, Kafka Streams with the z-score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.bench import document
from tests.bench.absent import Absent
from tests.bench.cpu import Failed
from tests.bench.latency.run import RATES, Flow, Latency, run
from tests.bench.peers.catalogue import GUARANTEES, PEERS, WORKER, Peer
from tests.bench.peers.running import Arena
from worker.settings import load_settings

Found = dict[tuple[str, str, str], Latency]  # by client, guarantee and rate
TASKS = {"worker": "full", "kstreams": "zscore"}
_NAMES = {"worker": "latency", "kstreams": "kstreams_latency"}
_SHOWN = {"worker": "**this worker, all stages**", "kstreams": "Kafka Streams, z-score"}


def measured(arena: Arena, names: Sequence[str], flow: Flow, say: Callable[[str], None]) -> Found:
    """Every client at both guarantees and rates; one that is absent or fails is said and left out."""
    found: Found = {}
    _warm(arena, flow, say)
    for peer in (peer for peer in PEERS if peer.name in names):
        try:
            peer.install()
        except Absent as error:
            say(f"{peer.name} is absent: {error}")
            continue
        found |= _measured(arena, peer, flow, say)
    return found


def _warm(arena: Arena, flow: Flow, say: Callable[[str], None]) -> None:
    # A broker that has just started runs uncompiled, at a tenth of its speed: whose turn came first would lose.
    say("warming the broker with every kind of request")
    for guarantee in GUARANTEES:
        run(arena, WORKER, TASKS[WORKER.name], guarantee, max(RATES.values()), flow)


def _measured(arena: Arena, peer: Peer, flow: Flow, say: Callable[[str], None]) -> Found:
    found: Found = {}
    for guarantee in GUARANTEES:
        for name, rate in RATES.items():
            try:
                one = run(arena, peer, TASKS[peer.name], guarantee, rate, flow)
            except Failed as error:
                say(f"  latency {peer.name} {guarantee} {name}: {error}")
                continue
            found[peer.name, guarantee, name] = one
            say(
                f"latency {peer.name:9} {guarantee:5}{rate:7,}/s   p50 {one.p50:6.1f} ms   p99 {one.p99:7.1f} ms"
                f"   most {one.most:7.1f} ms   {one.cpu_s:5.1f} CPU s"
            )
    return found


def figures(found: Found) -> dict[str, float]:
    """By name."""
    named = {}
    for (peer, guarantee, rate), one in found.items():
        named[f"{_NAMES[peer]}_{guarantee}_{rate}_p50_ms"] = one.p50
        named[f"{_NAMES[peer]}_{guarantee}_{rate}_p99_ms"] = one.p99
    return named


def settings() -> dict[str, Any]:
    """What decides the worker's latency."""
    processing = load_settings({}).processing
    return {name: getattr(processing, name) for name in ("commit_interval_ms", "max_batch_records", "fetch_max_bytes")}


def document_them(found: Found, flow: Flow, machine: Mapping[str, object]) -> None:
    """Write the table of `docs/performance.md` anew."""
    lines = ["| client | guarantee | ticks a second | p50, ms | p99, ms | client's CPU s, start included |"]
    lines += ["|---|---|---:|---:|---:|---:|"]
    for (peer, guarantee, rate), one in found.items():
        cells = f"{RATES[rate]:,}", f"{one.p50:.0f}", f"{one.p99:.0f}", f"{one.cpu_s:.0f}"
        lines.append(f"| {_SHOWN[peer]} | {guarantee.upper()} | {' | '.join(cells)} |")
    said = ", ".join(f"`{name}` {value:,}" for name, value in settings().items())
    lines += ["", f"{flow.measured_s:.0f} s each after {flow.warm_s:.0f} s of warm-up; the worker's settings: {said};"]
    lines += [f"Kafka Streams: commits every 30 s (ALOS) or 100 ms (EOS). On {document.facts(dict(machine))}."]
    document.fill("latency", "\n".join(lines))
