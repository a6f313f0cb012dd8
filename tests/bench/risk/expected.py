"""Asks skfolio for the covariances that the unit tests compare with, and writes them beside those tests.

`python -m tests.bench.risk.expected` makes the environment on first use (two minutes, 550 MB).
"""

from __future__ import annotations

import json
import sys

from tests.bench.absent import Absent
from tests.bench.oracle import Failed
from tests.bench.risk.skfolio import covariances
from tests.unit.risk.figures.returns import EXPECTED

SIZES = [(70, 3), (256, 12)]  # returns, symbols


def main() -> None:
    """Write the file; the same covariances give the same bytes."""
    try:
        found = covariances(SIZES, print)
    except (Absent, Failed) as error:
        sys.exit(f"error: {error}")
    lines = [f'"{name}": {json.dumps(rows)}' for name, rows in found.items()]
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"wrote {EXPECTED}")


if __name__ == "__main__":
    main()
