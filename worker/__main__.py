"""`python -m worker` is the `alphapulse` program."""

from worker.cli import main

main()
