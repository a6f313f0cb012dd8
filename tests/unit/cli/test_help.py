"""`--help` answers at once: nothing heavy is imported to print it, and nothing looks for garbage meanwhile."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "numba",
    "numpy",
    "worker.settings",
    "aiokafka",
    "uvloop",
    "prometheus_client",
    "pyarrow",
    "msgspec",
    "onnxruntime",
    "sklearn",
)
COMMANDS = ("", "worker", "publish", "backtest", "sweep", "train", "models")


PROGRAM = f"""
import gc, sys
from worker.cli import main
gc.collect()
before = sum(each["collections"] for each in gc.get_stats())
for command in {COMMANDS!r}:
    sys.argv = ["alphapulse", *command.split(), "--help"]
    try: main()
    except SystemExit as end: assert not end.code
    print("HEAVY", command, sorted(set({HEAVY!r}) & set(sys.modules)))
print("COLLECTIONS", sum(each["collections"] for each in gc.get_stats()) - before)
"""


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith("HEAVY")] == [
        f"HEAVY {command} []" for command in COMMANDS
    ]
    assert int(done.stdout.rpartition("COLLECTIONS")[2]) < 5
    for command in COMMANDS:
        assert f"Usage: alphapulse {command}".strip() in done.stdout
