"""A pytest plugin (`-p tests.versions.report`): which versions of Kafka keep the promise, as a table and as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from rich.console import Console
from rich.table import Table

from tests.bench import report


class Report:
    """What the tests of each version came to."""

    def __init__(self) -> None:
        self._outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._seconds: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for version in _versions(item):
                self._outcomes[version]["chosen"] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for version in dict(report.user_properties).get("versions", ()):  # type: ignore[attr-defined]
            self._seconds[version] += int(report.duration)
            if report.failed:
                self._outcomes[version]["failed"] += 1
            elif report.when == "call" and report.passed:
                self._outcomes[version]["passed"] += 1

    @property
    def verdicts(self) -> dict[str, bool]:
        """Version → whether each of its tests ran and passed."""
        return {v: found["passed"] == found["chosen"] and not found["failed"] for v, found in self._outcomes.items()}

    def pytest_sessionfinish(self) -> None:
        verdicts = self.verdicts
        figures = {"versions_passed": sum(verdicts.values()), "versions_total": len(verdicts)}
        report.write("test-versions", figures, versions=verdicts)

    def pytest_terminal_summary(self) -> None:
        table = Table("Kafka", "result", "tests", "seconds")
        for version, passed in self.verdicts.items():
            tests = self._outcomes[version]["chosen"]
            table.add_row(version, "passed" if passed else "failed", str(tests), str(self._seconds[version]))
        Console().print(table)


def _versions(item: pytest.Item) -> list[str]:
    return [str(name) for mark in item.iter_markers("version") for name in mark.args]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let each test's reports say which version it was about."""
    item.user_properties.append(("versions", _versions(item)))


def pytest_configure(config: pytest.Config) -> None:
    """Report once: not in the processes of xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(), "version-report")
