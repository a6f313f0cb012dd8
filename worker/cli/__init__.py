"""The `alphapulse` program: one thin module a subcommand; heavy imports wait until a command runs."""

from __future__ import annotations


def main() -> None:
    """Console entry point."""
    from worker.cli import interrupt

    interrupt.at_once()
    from worker.cli.app import run

    try:
        run()
    finally:
        interrupt.when_ended()


__all__ = ["main"]
