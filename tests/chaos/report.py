"""A pytest plugin (`-p tests.chaos.report`): which faults of the catalogue were proven, as a table and as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from tests.bench import report
from tests.chaos.catalogue import FAULTS

MUTATION = "mutation"


@dataclass
class Tally:
    """What the tests of one fault came to."""

    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    reason: str = ""  # why a test was skipped

    @property
    def proven(self) -> bool:
        """At least one test, none failed, none skipped."""
        return self.passed > 0 and not self.failed and not self.reason

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.failed:
            return "failed"
        return "passed" if self.proven else f"not run: {self.reason or 'no test was chosen'}"


class Report:
    """Collects on the controller; with xdist the marks travel as properties of the reports."""

    def __init__(self) -> None:
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.brokers = 0  # at most in one test that was run

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = dict(report.user_properties)
        if report.when == "call" and not report.skipped:
            self.brokers = max(self.brokers, told["brokers"])
        for name in told["faults"]:
            tally = self.tallies[name]
            tally.seconds += report.duration
            tally.failed += report.failed
            if report.skipped:
                tally.reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "expected to fail"
            elif report.when == "call":
                tally.passed += report.passed

    def rows(self) -> Iterator[tuple[str, str, Tally]]:
        """Number, title and tally of every fault of the catalogue."""
        for number, title in FAULTS.items():
            yield number, title, self.tallies[number]

    def figures(self) -> dict[str, float]:
        """The numbers that count."""
        mutations = self.tallies[MUTATION]
        return {
            "faults_passed": sum(tally.proven for _, _, tally in self.rows()),
            "faults_total": len(FAULTS),
            "brokers": self.brokers,
            "fault_tests_passed": sum(tally.passed for _, _, tally in self.rows()),
            "mutations_found": mutations.passed,
            "mutations_total": mutations.passed + mutations.failed,
        }

    def faults(self) -> list[dict[str, Any]]:
        """One entry a fault of the catalogue."""
        return [
            {
                "id": number,
                "title": title,
                "passed": tally.proven,
                "result": tally.verdict,
                "tests": tally.passed + tally.failed,
                "seconds": round(tally.seconds, 1),
            }
            for number, title, tally in self.rows()
        ]

    def pytest_sessionfinish(self) -> None:
        report.write("chaos", self.figures(), faults=self.faults())

    def pytest_terminal_summary(self) -> None:
        table = Table("fault", "what", "result", "seconds")
        for number, title, tally in self.rows():
            table.add_row(number, title, tally.verdict, f"{tally.seconds:.0f}")
        console = Console()
        console.print(table)
        console.print("  ".join(f"{name} {value}" for name, value in self.figures().items()))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each test's reports the faults it is marked with; mutation checks count as a fault of their own."""
    names = [str(name) for mark in item.iter_markers("fault") for name in mark.args]
    names += [MUTATION for _ in item.iter_markers(MUTATION)]
    item.user_properties.append(("faults", sorted(set(names))))
    item.user_properties.append(("brokers", 3 if "three" in getattr(item, "fixturenames", ()) else 1))


def pytest_configure(config: pytest.Config) -> None:
    """Report once: not in the processes of xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(), "fault-report")
