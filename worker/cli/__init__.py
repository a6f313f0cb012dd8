"""The `alphapulse` program: one thin module a subcommand; heavy imports wait until a command runs."""

from worker.cli.app import main

__all__ = ["main"]
