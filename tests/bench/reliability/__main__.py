"""Score calibrated confidence, the online model and ONNX models side by side (`make bench WHAT=calibration`)."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from tests.bench import report
from tests.bench.reliability import page
from tests.bench.reliability.judge import Scored, figures, scored, together
from tests.bench.reliability.market import groups
from tests.bench.reliability.outlook import worth
from tests.bench.reliability.said import ONLINE, RULES, outcomes, play
from tests.bench.reliability.walk import answers
from tests.support.lean import Array


def judged(label: str, group: Mapping[str, Array]) -> list[Scored]:
    """The series of a group that have enough labels."""
    rules = {name: play(rows, RULES) for name, rows in group.items()}
    onnx, found = answers(rules), []
    for name, rows in group.items():
        one = scored(f"{name} {label}", rules[name], play(rows, ONLINE), onnx[name], outcomes(rules[name]))
        if one is None:
            print(f"{name} {label}: too few labels to score")
        else:
            found.append(one)
    return found


def main() -> None:
    """Score, print the table, write the results; with `--docs` the documentation too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write docs/models.md and its picture")
    given = parser.parse_args()
    markets = groups()
    each = [one for label, group in markets.items() for one in judged(label, group)]
    all_ = together(each)
    print("\n".join(page.lines([*each, all_])), "\n")
    found = {**figures(all_, each), **worth(rows for group in markets.values() for rows in group.values())}
    report.table(found)
    report.write("calibration", found, table=page.lines([*each, all_]))
    if given.docs:
        page.write(each, all_)


if __name__ == "__main__":
    main()
