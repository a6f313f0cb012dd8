"""CPU time as the benchmarks read it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.cpu import Client, Failed, Sample, measure, spent, steady

BURN = "import time\nwhile time.process_time() < {}: pass\n"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]]); input()"


def test_the_steady_rate_leaves_out_the_start() -> None:
    samples = [Sample(0, 5.0), Sample(100, 9.0), Sample(300, 10.0), Sample(1000, 17.0)]
    assert steady(samples) == 100.0  # 700 records in 7 s from the first sample with 250 or more


def test_work_between_two_looks_counts_from_the_start() -> None:
    assert steady([Sample(0, 1.0), Sample(100, 2.0)]) == 50.0


def test_cpu_time_of_reaped_children_counts() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, BURN.format(0.3)], stdin=subprocess.PIPE) as parent:
        while spent(parent.pid).cpu < 0.3:
            assert parent.poll() is None
        parent.communicate(b"\n")
    assert parent.returncode == 0


def test_a_client_that_ends_early_has_no_rate(tmp_path: Path) -> None:
    client = Client([sys.executable, "-c", "raise SystemExit('no such topic')"], tmp_path / "log")
    with pytest.raises(Failed, match="no such topic"):
        measure([client], lambda: 0, 10, 60)


def test_a_client_that_does_not_finish_has_no_rate(tmp_path: Path) -> None:
    client = Client([sys.executable, "-c", BURN.format(60)], tmp_path / "log")
    try:
        with pytest.raises(Failed, match="5 of 10"):
            measure([client], lambda: 5, 10, 0.3)
    finally:
        client.stop()
    assert client.process.returncode == -15
