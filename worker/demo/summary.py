"""The result of the demo: as data, as text, and how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from worker.demo.crash.told import Crash
from worker.demo.labels import LabelCheck
from worker.demo.steps import StepDone
from worker.demo.view import WorkerRow
from worker.operate.report import Report


@dataclass
class Kill:
    """What happened around the SIGKILL."""

    worker: str
    pid: int
    partitions: tuple[int, ...]
    lag: int  # records in these partitions, published and uncommitted, right after the kill
    takeover_seconds: float = 0.0


@dataclass
class Where:
    """The names the demo used."""

    bootstrap: str
    prefix: str
    group: str
    partitions: int
    kept: bool
    daemon: bool  # `alphapulse broker stop` ends this broker


@dataclass
class Summary:
    """The result of the demo, filled in as it goes on."""

    where: Where
    real: int = 0
    simulated: int = 0
    symbols: int = 0
    publish_seconds: float = 0.0
    decisions: dict[str, int] = field(default_factory=dict)  # by action
    rejections: dict[str, int] = field(default_factory=dict)  # by first code
    kill: Kill | None = None
    verify: Report | None = None
    labels: LabelCheck = field(default_factory=LabelCheck)
    crash: Crash | None = None
    archive: str = ""  # a query over what was archived, and its answer; empty without the packages
    workers: tuple[WorkerRow, ...] = ()
    steps: list[StepDone] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for `--json`."""
        assert self.verify is not None
        assert self.kill is not None
        assert self.crash is not None
        labels = asdict(self.labels) | {"holds": self.labels.holds}
        return {
            "ok": self.verify.complete and self.labels.holds and self.crash.holds,
            "seconds": round(self.seconds, 1),
            **asdict(self.where),
            "published": {
                "records": self.real + self.simulated,
                "real": self.real,
                "simulated": self.simulated,
                "symbols": self.symbols,
                "seconds": round(self.publish_seconds, 1),
            },
            "workers": [row._asdict() for row in self.workers],
            "kill": asdict(self.kill) | {"takeover_seconds": round(self.kill.takeover_seconds, 1)},
            "decisions": self.decisions,
            "rejections": self.rejections,
            "verify": self.verify.as_dict(),
            "labels": labels,
            "archive": self.archive,
            "crash": self.crash.as_dict(),
            "steps": [{"text": step.text, "seconds": round(step.seconds, 1)} for step in self.steps],
        }

    def lines(self) -> list[str]:
        """Return the summary as a short text."""
        assert self.verify is not None
        assert self.kill is not None
        assert self.crash is not None
        k = self.kill
        owned = ", ".join(map(str, k.partitions))
        rows = (
            ("ran", f"{len(self.workers)} workers on {self.where.partitions} partitions, {self.seconds:.0f} s in all"),
            ("records in", f"{self.real + self.simulated:,} of {self.symbols} symbols: {self.real:,} real daily bars"
             f" (S&P 500, NASDAQ), {self.simulated:,} simulated"),
            ("decisions", f"{sum(self.decisions.values()):,}: {counts(self.decisions)}"),
            ("rejections", f"{sum(self.rejections.values()):,}: {counts(self.rejections)}"),
            ("kill -9", f"{k.worker} (partitions {owned}) with {k.lag:,} records waiting in them;"
             f" taken over after {k.takeover_seconds:.1f} s"),
            ("verify", verdict(self.verify)),
            ("labels", label_verdict(self.labels)),
            ("archive", self.archive),
            ("crash", self.crash.text),
        )  # fmt: skip
        return [line for name, text in rows if text for line in _wrapped(name, text)]


def counts(tally: dict[str, int]) -> str:
    """Format names with their numbers, most frequent first."""
    ranked = sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ranked)


def verdict(report: Report) -> str:
    """Format the verdict of `alphapulse verify`."""
    inputs = sum(p.inputs for p in report.partitions)
    outcomes = sum(p.decisions + p.rejections for p in report.partitions)
    if report.faults:
        return f"FAILED: {report.faults} faults in {inputs:,} records"
    if report.pending:
        return f"{report.pending:,} records are still waiting"
    return f"OK: {inputs:,} records in, {outcomes:,} outcomes out; none lost, none duplicated, no gap in a sequence"


def label_verdict(check: LabelCheck) -> str:
    """Format whether the faults that went in are the rejections that came out."""
    if check.holds:
        return f"all {check.labelled:,} faulty records were rejected for their fault, and no other record was"
    return f"{len(check.missed)} faults missed, {len(check.unexpected)} rejected without fault: {check.wrong}"


def _wrapped(name: str, text: str, width: int = 104) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(text, width, initial_indent=f"  {name:<12}", subsequent_indent=" " * 14)


def how_to_go_on(where: Where) -> list[str]:
    """Return commands that work as they stand, one a line, each with a comment."""
    if where.kept:
        begin = [
            (f"export ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS={where.bootstrap}", "where every command finds it"),
            (f"export ALPHAPULSE_TOPICS__PREFIX={where.prefix}", "this demo's topics"),
            (f"export ALPHAPULSE_PROCESSING__GROUP={where.group}", "this demo's group"),
        ]
        # SPX is there already: the same bars again would be rejected as out of order.
        publish = ("alphapulse publish --dataset sp500 --symbol MINE", "or your own CSV and Parquet files")
    else:
        begin = [
            ("alphapulse broker start", "a real Kafka on this machine"),
            ("export ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS=127.0.0.1:9092", "where every command finds it"),
            ("alphapulse topics create", "once"),
        ]
        publish = ("alphapulse publish --dataset sp500", "or your CSV and Parquet files, or --simulate 200")
    work = [
        ("alphapulse worker --processes 2 2>worker.log &", "two members of a fleet; add more any time"),
        publish,
        ("alphapulse verify --wait 60", "nothing lost, nothing doubled"),
        ("alphapulse decisions --no-follow --last 500 --action open_long", "what was decided, and why"),
    ]
    own = where.daemon or not where.kept
    end = ("kill %1; wait; alphapulse broker stop" if own else "kill %1; wait", "the fleet drains first")
    chosen = [*begin, *work, end]
    width = max(len(command) for command, _ in chosen)
    return [f"  {command:<{width}}  # {comment}" for command, comment in chosen]
