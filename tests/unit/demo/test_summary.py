"""The demo's last words: verdicts, data, and commands that exist."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
import typer

from worker.demo.crash.told import Crash
from worker.demo.labels import LabelCheck
from worker.demo.summary import Kill, Summary, Where, counts, how_to_go_on, label_verdict, verdict
from worker.operate.report import PartitionReport, Report

GONE = Where("127.0.0.1:21000", "", "alphapulse", 6, kept=False, daemon=False)
KEPT = Where("127.0.0.1:9093", "demo-1a2b3c.", "demo-1a2b3c", 6, kept=True, daemon=True)
GIVEN = replace(KEPT, bootstrap="kafka:9092", daemon=False)


CRASH = Crash(24, 12, 80, 0.015, 0.03, 0.061, 1_583_969_460_000, 1, 69, 0, 5)


def commands(where: Where) -> list[str]:
    return [line.split("  #")[0].strip() for line in how_to_go_on(where)]


def summary(report: Report, labels: LabelCheck, crash: Crash = CRASH) -> Summary:
    found = Summary(GONE, kill=Kill("worker-2", 4711, (3, 4), 612, 6.84), verify=report, labels=labels, crash=crash)
    found.decisions, found.rejections = {"hold": 90, "close": 4}, {"wick_spike": 6}
    return found


WHOLE = Report([PartitionReport(0, inputs=60, decisions=57, rejections=3), PartitionReport(1, 40, 37, 3)])


def test_a_whole_run_is_ok_in_text_and_data() -> None:
    done = summary(WHOLE, LabelCheck(6, 6))
    assert done.as_dict()["ok"]
    assert done.as_dict()["kill"] == {
        "worker": "worker-2",
        "pid": 4711,
        "partitions": (3, 4),
        "lag": 612,
        "takeover_seconds": 6.8,
    }
    text = " ".join(" ".join(done.lines()).split())
    assert "100 records in, 100 outcomes out; none lost, none duplicated" in text
    assert "94: hold 90, close 4" in text
    assert "612 records waiting in them; taken over after 6.8 s" in text
    assert "all 6 faulty records were rejected for their fault" in text
    assert "crash the day lost 6.1%" in text
    assert "0 opens in 69 bars until the acknowledgement, 5 after it" in text


@pytest.mark.parametrize(
    ("report", "labels"),
    [
        (Report([PartitionReport(0, inputs=5, lost=[3])]), LabelCheck()),
        (Report([PartitionReport(0, inputs=5, pending=2)]), LabelCheck()),
        (WHOLE, LabelCheck(6, 5, missed=["record 1 of partition 0 should be stale but was accepted"])),
        (WHOLE, LabelCheck(6, 6, unexpected=["record 2 of partition 0 has no fault"])),
    ],
)
def test_anything_wrong_is_not_ok(report: Report, labels: LabelCheck) -> None:
    assert not summary(report, labels).as_dict()["ok"]


def test_a_crash_that_opened_positions_is_not_ok() -> None:
    assert not summary(WHOLE, LabelCheck(6, 6), replace(CRASH, opens_barred=1)).as_dict()["ok"]


def test_verdicts_say_what_is_wrong() -> None:
    assert verdict(Report([PartitionReport(0, inputs=5, lost=[3, 4])])) == "FAILED: 2 faults in 5 records"
    assert verdict(Report([PartitionReport(0, pending=7)])) == "7 records are still waiting"
    assert "1 faults missed, 0 rejected without fault: x" in label_verdict(LabelCheck(2, 1, missed=["x"]))
    assert counts({"b": 1, "a": 1, "c": 2}) == "c 2, a 1, b 1"


@pytest.mark.parametrize("where", [GONE, KEPT, GIVEN])
def test_every_command_to_go_on_with_exists_with_its_options(where: Where) -> None:
    from worker.cli import app as program

    if not program.app.registered_commands:
        program._assemble()
    root = typer.main.get_command(program.app)
    ran = 0
    for line in commands(where):
        for part in line.split(";"):
            words = shlex.split(part.split("2>")[0])
            if words[0] != "alphapulse":
                continue
            context = root.make_context("alphapulse", words[1:])
            name, command, rest = root.resolve_command(context, words[1:])  # type: ignore[attr-defined]
            command.make_context(name, rest, parent=context)  # raises for an unknown option
            ran += 1
    assert ran >= 4, line


def test_what_was_kept_is_named_and_the_users_own_broker_is_not_stopped() -> None:
    assert commands(GONE)[0] == "alphapulse broker start"
    assert commands(KEPT)[0] == "export ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS=127.0.0.1:9093"
    assert commands(KEPT)[1] == "export ALPHAPULSE_TOPICS__PREFIX=demo-1a2b3c."
    assert commands(KEPT)[2] == "export ALPHAPULSE_PROCESSING__GROUP=demo-1a2b3c"
    assert "alphapulse broker stop" in commands(KEPT)[-1]
    assert not any("broker" in line.split() for line in commands(GIVEN))
