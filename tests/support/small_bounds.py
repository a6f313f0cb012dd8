"""The program with small bounds: `python -m tests.support.small_bounds risk`. What bounds a state is as it is, but a
test reaches it with hundreds of decisions instead of tens of thousands.
"""

from __future__ import annotations

from worker.leading import parts
from worker.monitoring import backlog

PART, ROOM = 16_384, 400
PROGRAM = ("tests.support.small_bounds",)


def main() -> None:
    """Set the bounds, then run the program as it is."""
    from worker.cli import main as alphapulse

    parts.PART, backlog.ROOM = PART, ROOM
    alphapulse()


if __name__ == "__main__":
    main()
