"""Records per CPU-second, memory and latency of workers, all stages, on a local real Kafka (`make bench`)."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from tests.bench import report, starts
from tests.bench.cpu import Client, Rates, measure
from tests.bench.latency import figures as latency
from tests.bench.latency.run import Flow
from tests.bench.peers.catalogue import GUARANTEES, WORKER
from tests.bench.peers.market import Expected
from tests.bench.peers.running import DEADLINE_S, Arena, make_worker_topics
from tests.bench.progress import Committed
from worker.broker import Broker

Run = tuple[Rates, list[float]]  # and CPU seconds of each process


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def run_workers(arena: Arena, topic: str, expected: Expected, guarantee: str, processes: int) -> Run:
    """Workers of one new group over the whole input, measured at 25 % and 100 % of the committed offsets."""
    with arena.place(topic) as place, ExitStack() as stack:
        make_worker_topics(place)
        start = WORKER.start(place, "full", guarantee)
        clients = []
        for number in range(processes):
            clients.append(Client(start.command, place.folder / f"worker-{number}.log", start.environment))
            stack.callback(clients[-1].stop)
        done = Committed(place.bootstrap, place.group, place.input)
        stack.callback(done.close)
        rates = measure(clients, done, expected.records, DEADLINE_S)
        return rates, [client.spent.cpu for client in clients]


def run_told(arena: Arena, records: int, guarantee: str, processes: int) -> Run:
    """One run with a progress line."""
    topic, expected = arena.input(records, say)
    rates, cpu = run_workers(arena, topic, expected, guarantee, processes)
    shares = " + ".join(f"{one:.1f}" for one in cpu)
    say(
        f"{processes} x {guarantee:5} {records:9,} records  {shares:>12} CPU s  {rates.steady:9,.0f}/CPU s"
        f"  {rates.total:9,.0f} from start  {rates.rss_mb:5.0f} MB"
    )
    return rates, cpu


def throughput(arena: Arena, records: int, count: int) -> dict[str, float]:
    """Rates of one process with each guarantee, and what a second process costs."""
    figures: dict[str, float] = {}
    for guarantee in reversed(GUARANTEES):
        found = [run_told(arena, records, guarantee, 1)[0] for _ in range(count)]
        steady = [rates.steady for rates in found]
        figures[f"full_{guarantee}_per_cpu_s"] = statistics.median(steady)
        figures[f"full_{guarantee}_min_per_cpu_s"] = min(steady)
        figures[f"full_{guarantee}_max_per_cpu_s"] = max(steady)
        figures[f"full_{guarantee}_total_per_cpu_s"] = statistics.median(rates.total for rates in found)
        figures[f"rss_{guarantee}_mb"] = max(rates.rss_mb for rates in found)
    figures["rss_mb"] = max(figures[f"rss_{guarantee}_mb"] for guarantee in GUARANTEES)
    return figures | second_process(arena, 2 * records, count)


def second_process(arena: Arena, records: int, count: int) -> dict[str, float]:
    """What a record costs two processes and one, in turn, on the same input: a longer one is slower for any."""
    one, two = [], []
    for _ in range(count):
        one.append(run_told(arena, records, "eos", 1))
        two.append(run_told(arena, records, "eos", 2))
    rate = [statistics.median(rates.steady for rates, _ in found) for found in (one, two)]
    return {
        "two_process_cpu_ratio": rate[0] / rate[1],
        "two_process_least_share": min(min(cpu) / sum(cpu) for _, cpu in two),
    }


def backtest(count: int) -> dict[str, float]:
    """The figures of `make bench WHAT=backtest`, measured in a process of its own."""
    say("backtest")
    subprocess.run([sys.executable, "-m", "tests.bench.backtest_rate", "--runs", str(count)], check=True)
    return report.read("bench-backtest")


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warm", type=float, default=20, help="seconds of a latency run before the measured ones")
    parser.add_argument("--seconds", type=float, default=25, help="measured seconds of a latency run; 0 leaves it out")
    parser.add_argument("--latency", nargs="*", choices=latency.CLIENTS, default=latency.CLIENTS)
    parser.add_argument("--only-latency", action="store_true")
    parser.add_argument("--only-starts", action="store_true", help="only what a start and an idle worker cost")
    parser.add_argument("--clean", action="store_true", help="also the demo in a new clone, with its whole set-up")
    parser.add_argument("--docs", action="store_true", help="write the latencies of docs/performance.md anew")
    return parser.parse_args(words)


def main() -> None:
    """Measure, print a table, write the results."""
    given = arguments()
    flow, found = Flow(given.warm, given.seconds), latency.Found()
    figures: dict[str, float] = {}
    with Broker(sustained=True) as broker:
        arena = Arena(broker.bootstrap)
        if not given.only_latency:
            figures |= starts.first(arena, given.runs, say)
        if not (given.only_latency or given.only_starts):
            figures |= throughput(arena, given.records, given.runs)
        if given.seconds and not given.only_starts:
            found = latency.measured(arena, given.latency, flow, say)
    if not given.only_latency:
        say("compiling from cold")
        figures |= starts.compiled()
    if given.clean:
        say("the demo in a new clone")
        figures |= starts.clean()
    if not (given.only_latency or given.only_starts):
        figures |= backtest(given.runs)
    figures |= latency.figures(found)
    report.table(figures)
    report.write("bench", figures, latency=flow._asdict() | latency.settings())
    if given.docs and found:
        latency.document_them(found, flow, report.machine())


if __name__ == "__main__":
    main()
