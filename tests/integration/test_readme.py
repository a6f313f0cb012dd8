"""The README's commands work as printed, in order, in one shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def script(readme: str) -> str:
    """All command blocks as one shell script; `make` lines are what CI itself runs."""
    parts = ["set -euo pipefail"]
    for language, body in BLOCK.findall(readme):
        if language == "python":
            parts.append(f"{sys.executable} - <<'PYTHON'\n{body}PYTHON")
        else:
            parts += [line for line in body.splitlines() if not line.startswith("make ")]
    return "\n".join(parts)


def test_the_commands_of_the_readme_work_in_order(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALPHAPULSE_KAFKA__")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "ALPHAPULSE_STATE_DIR": str(tmp_path / "state"),
        "ALPHAPULSE_PROCESSING__SESSION_TIMEOUT_MS": "6000",
        "NO_COLOR": "1",
    }
    text = script((ROOT / "README.md").read_text())
    assert "alphapulse verify" in text
    try:
        done = subprocess.run(
            ["bash", "-c", f"set -m\n{text}"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        stop = [sys.executable, "-m", "worker", "broker", "stop"]
        subprocess.run(stop, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count("every record has exactly one outcome") == 2
    (ours,) = [line for line in done.stdout.splitlines() if '"symbol":"AAPL"' in line]
    assert json.loads(ours)["quality"]["codes"] == ["reference_missing"]  # a symbol's first bar
