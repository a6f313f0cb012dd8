"""The `alphapulse` program: one thin module per subcommand; heavy imports wait until a command runs."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the console entry point."""
    from worker.cli import interrupt

    interrupt.at_once()
    # Modules are no garbage: to look for it after each 700 objects of theirs takes a sixth of a worker's start.
    gc.set_threshold(100_000, 20, 20)
    from worker.cli.app import run

    try:
        run()
    finally:
        interrupt.when_ended()


__all__ = ["main"]
