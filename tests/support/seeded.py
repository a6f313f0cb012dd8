"""A strategy with one fault in it: its source, and what `strategy check` has to say of it."""

from __future__ import annotations

from typing import NamedTuple

MARK = "#!"  # ends the line that the check must name
LINT = "lint"
LINELESS = ("future", "processes")  # checks that see what came out, and not where it came from
HEAD = "import math\n\nfrom worker.strategy import *\n"
LATE = "def indicators(p):\n    return {'late': ta.optional(ta.sma(90))}\n"


class Seeded(NamedTuple):
    """One fault."""

    source: str
    check: str  # that finds it where the lint does not stop it before, or LINT where only reading finds it
    says: str  # part of the sentence
    interval_ms: int | None = None  # of the bars; None = as the strategy asks for
    lint: bool = False  # the lint finds it as well


def own(body: str, head: str = "", inside: str = "") -> str:
    """A strategy with this step; `inside` stands before it in the class."""
    lines = "".join(f"        {line}\n" for line in body.strip("\n").splitlines())
    parts = "".join(f"    {line}\n" for line in inside.strip("\n").splitlines())
    return f"{HEAD}{head}\n\nclass Own(Strategy):\n{parts}\n    def step(c):\n{lines}"
