"""The `alphapulse` program: one thin module per subcommand; heavy imports wait until a command runs."""

from __future__ import annotations


def main() -> None:
    """Run the console entry point."""
    from worker.cli import interrupt

    interrupt.at_once()
    from worker.cli.app import run

    try:
        run()
    finally:
        interrupt.when_ended()


__all__ = ["main"]
