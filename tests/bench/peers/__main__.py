"""The same work by this worker and by others, side by side on one broker (`make bench WHAT=peers`)."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.bench import report
from tests.bench.absent import Absent
from tests.bench.cpu import Failed, Rates
from tests.bench.peers import page, table
from tests.bench.peers.catalogue import GUARANTEES, PEERS, TASKS, Peer
from tests.bench.peers.running import Arena, run
from worker.broker import Broker


class Case(NamedTuple):
    """One figure."""

    peer: Peer
    task: str
    guarantee: str

    @property
    def name(self) -> str:
        return f"{self.peer.name}_{self.task}_{self.guarantee}"


Results = dict[Case, list[Rates]]


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--records", type=int, help="at most so many a run; the figures of short runs are too low")
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="PEER", help=", ".join(names))
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--guarantees", nargs="+", choices=GUARANTEES, default=GUARANTEES)
    parser.add_argument("--docs", action="store_true", help="write table and picture of docs/performance.md anew")
    return parser.parse_args(words)


def cases(given: argparse.Namespace, peers: Sequence[Peer]) -> Iterator[Case]:
    """What is to be run."""
    for task in given.tasks:
        for guarantee in given.guarantees:
            for peer in peers:
                if task in peer.tasks and guarantee in peer.guarantees:
                    yield Case(peer, task, guarantee)


def installed(names: Sequence[str]) -> tuple[dict[Peer, str], dict[str, str]]:
    """(version of each peer that can run here, why the others can't)."""
    there: dict[Peer, str] = {}
    absent: dict[str, str] = {}
    for peer in (peer for peer in PEERS if peer.name in names):
        say(f"preparing {peer.name}")
        try:
            there[peer] = peer.install()
        except Absent as error:
            absent[peer.name] = str(error)
            say(f"  absent: {error}")
    return there, absent


def measured(given: argparse.Namespace, peers: Sequence[Peer]) -> tuple[Results, dict[str, str]]:
    """All runs, round after round so that a slow minute of the machine meets every peer; and what failed."""
    results: Results = defaultdict(list)
    failed: dict[str, str] = {}
    with Broker(sustained=True) as broker:
        arena = Arena(broker.bootstrap)
        for number in range(1, given.runs + 1):
            for case in cases(given, peers):
                if case.name in failed:
                    continue
                topic, expected = arena.input(case.peer.amount(case.task, given.records), say)
                try:
                    rates = run(arena, case.peer, case.task, case.guarantee, topic, expected)
                except Failed as error:
                    failed[case.name] = str(error)
                    say(f"  {case.name}: {error}")
                    continue
                results[case].append(rates)
                say(_line(number, case, rates))
    return results, failed


def _line(number: int, case: Case, rates: Rates) -> str:
    amount = f"{rates.records:9,} in {rates.wall_s:5.1f} s"
    return f"{number}  {case.name:28} {amount}  {rates.steady:9,.0f}/CPU s  {rates.total:9,.0f} from start"


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def main() -> int:
    """Measure, print a table, write the results, and the docs when asked to."""
    given = arguments()
    versions, absent = installed(given.peers)
    results, failed = measured(given, list(versions))
    rows = [
        table.row(case.peer, case.task, case.guarantee, versions[case.peer], runs) for case, runs in results.items()
    ]
    if not rows:
        return 1
    table.show(rows)
    report.write("bench-peers", table.figures(rows), rows=[row._asdict() for row in rows], absent=absent, failed=failed)
    if given.docs:
        page.write(rows, absent, report.machine())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
