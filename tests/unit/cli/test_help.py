"""`--help` answers at once: nothing heavy is imported to print it."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    code = f"import sys; from worker.cli import main; sys.argv = {['alphapulse', *command.split(), '--help']!r}\n"
    code += "try: main()\nexcept SystemExit as end: assert not end.code\n"
    code += f"print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"
    assert f"Usage: alphapulse {command}".strip() in done.stdout
