"""Entry point of `python -m worker`, the `alphapulse` program."""

from worker.cli import main

main()
