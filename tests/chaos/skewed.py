"""A worker whose clock is wrong: `python -m tests.chaos.skewed <seconds> worker`. Monotonic time stays right."""

from __future__ import annotations

import sys
import time


def main() -> None:
    """Shift the clock before anything of the worker is imported."""
    seconds = int(sys.argv.pop(1))
    right, right_ns = time.time, time.time_ns
    time.time = lambda: right() + seconds
    time.time_ns = lambda: right_ns() + seconds * 1_000_000_000

    from worker.cli import main as alphapulse

    alphapulse()


if __name__ == "__main__":
    main()
