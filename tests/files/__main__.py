"""Files as people have them (`make test-files`): layouts, live against backtest, mutations through every command."""

from __future__ import annotations

import argparse
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.bench import report
from tests.files import fuzz, generate, parity, ways
from tests.support.layouts import LAYOUTS, check
from tests.support.ticks import group_settings
from worker.broker import Broker

SHOWN = 10  # findings of each kind


def main() -> None:
    """Run all parts, print a table, write the results; exit 1 when a file differs or a command crashes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500, help="random files through the live path and a backtest")
    parser.add_argument("--mutations", type=int, default=500, help="mutated files, settings and arguments")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    figures = _layouts()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        figures |= _random_files(folder / "files", given.files, given.seed)
        figures |= _mutations(folder / "mutations", given.mutations, given.seed)
    figures["tracebacks"] = figures.pop("files_tracebacks") + figures.pop("mutations_tracebacks")
    report.table(figures)
    report.write("test-files", figures)
    whole = figures["random_files_equal"] == figures["random_files_total"]
    whole &= figures["layouts_passed"] == figures["layouts_total"]
    raise SystemExit(not whole or bool(figures["tracebacks"] or figures["mutations_wrong"]))


def _layouts() -> dict[str, float]:
    failed: list[str] = []
    for layout in LAYOUTS:
        try:
            check(layout)
        except Exception as problem:  # also what a reader should not raise
            failed.append(f"{layout.title}: {problem}")
    _show("layout", failed)
    return {"layouts_passed": len(LAYOUTS) - len(failed), "layouts_total": len(LAYOUTS)}


def _random_files(folder: Path, count: int, seed: int) -> dict[str, float]:
    folder.mkdir()
    files = [generate.made(folder, seed * count + number) for number in range(count)]
    with Broker() as broker:
        settings = group_settings(broker.bootstrap, f"files-{uuid.uuid4().hex[:6]}")
        done = parity.compare(ways.live, settings, files, folder, _progress("published"))
    _show("differ", done.differences)
    return {
        "random_files_equal": done.equal,
        "random_files_total": count,
        "random_files_refused": done.refused,
        "random_files_decisions": done.decisions,
        "random_files_rejections": done.rejections,
        "files_tracebacks": done.crashed,
    }


def _mutations(folder: Path, count: int, seed: int) -> dict[str, float]:
    # Two fifths files, three tenths settings, the rest arguments.
    parts = (count * 2 // 5, count * 3 // 10, count - count * 2 // 5 - count * 3 // 10)
    total, findings = 0, list[fuzz.Finding]()
    for make, part in zip((fuzz.files, fuzz.settings, fuzz.arguments), parts, strict=True):
        done, found = fuzz.run(make(folder / make.__name__, part, seed), _progress(f"{make.__name__} tried"))
        total, findings = total + done, findings + found
    _show("wrong", [finding.told for finding in findings])
    crashed = sum(finding.called.crashed for finding in findings)
    return {"mutations_total": total, "mutations_wrong": len(findings), "mutations_tracebacks": crashed}


def _progress(what: str) -> Callable[[int], None]:
    def told(done: int) -> None:
        if done % 50 == 0:
            print(f"{done} {what}", file=sys.stderr, flush=True)

    return told


def _show(what: str, notes: list[str]) -> None:
    for note in notes[:SHOWN]:
        print(f"{what}: {note}", file=sys.stderr)
    if len(notes) > SHOWN:
        print(f"... and {len(notes) - SHOWN} more", file=sys.stderr)


if __name__ == "__main__":
    main()
