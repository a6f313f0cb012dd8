"""Asks skfolio for the covariances that the unit tests compare with, and writes them beside those tests.

`python -m tests.bench.risk.expected` makes the environment on first use (two minutes, 550 MB).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import environments
from tests.bench.absent import Absent
from tests.unit.risk.figures.returns import EXPECTED, market
from worker.risk.settings import RiskSettings

HERE = Path(__file__).parent
LOCK = HERE / "requirements" / "skfolio.lock"
SIZES = [(70, 3), (256, 12)]  # returns, symbols


def asked() -> dict[str, Any]:
    """skfolio's covariances of made-up returns, by their size.

    Raises:
        Absent: skfolio can't be had.
    """
    folder = environments.folder_of(f"skfolio-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}")
    if not environments.installed(folder):
        print(f"installing skfolio and what it needs into {folder}", file=sys.stderr)
        environments.make(folder, "--require-hashes", "--requirement", str(LOCK))
    returns: dict[str, Any] = {f"{count}x{symbols}": market(count, symbols) for count, symbols in SIZES}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "returns.npz"
        np.savez(file, **returns)
        program = HERE / "programs" / "skfolio_covariance.py"
        command = [str(environments.interpreter(folder)), "-I", "-W", "ignore", str(program), str(file)]
        done = subprocess.run([*command, str(RiskSettings().decay)], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    """Write the file; 1 where skfolio can't be had."""
    try:
        found = asked()
    except Absent as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    lines = [f'"{name}": {json.dumps(rows)}' for name, rows in found.items()]
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"wrote {EXPECTED}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
