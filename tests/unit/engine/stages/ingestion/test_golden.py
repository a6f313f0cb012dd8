"""No output value changes unnoticed, and none depends on the process that computes it."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from tests.corpus import golden

HOW = "a value changed: if it is meant, renew by `python -m tests.corpus.golden` (see there when to raise the version)"


def test_values_are_those_committed() -> None:
    assert golden.fingerprint() == msgspec.json.decode(golden.FILE.read_bytes()), HOW


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    seed = "4242" if os.environ.get("PYTHONHASHSEED") == "0" else "0"
    command = [sys.executable, "-m", "tests.corpus.golden", "--print"]
    found = subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True)
    assert found.stdout == golden.FILE.read_bytes()
