"""The strategy that `alphapulse strategy new` writes: short, whole, and meant to be changed."""

from __future__ import annotations

from pathlib import Path

from worker.errors import CannotCreate
from worker.files import created

TEXT = '''"""A moving-average cross with a stop; change it to what you mean."""

from worker.strategy import FLAT, LONG, Field, Parameters, Strategy, ta


class {name}(Strategy):
    version, tags, notes = 1, ("cross_up", "cross_down"), ("atr",)

    class Parameters(Parameters):
        fast: int = Field(20, ge=2, le=500, description="bars")
        slow: int = Field(50, ge=3, le=1_000, description="bars")
        stop_atr: float = Field(3.0, gt=0, le=20, description="distance of the stop, in average true ranges")
        risk: float = Field(0.01, gt=0, le=0.05, description="of the budget, lost at the stop")

    class State:
        entries: int

    def indicators(p):
        return {{"fast": ta.sma(p.fast), "slow": ta.sma(p.slow), "atr": ta.atr(14)}}

    def step(c):
        ind, was, order, close, held = c.ind, c.was, c.order, c.bar.close, c.position.side
        order.notes[0] = ind.atr
        if held == 0 and ind.fast > ind.slow and was.fast <= was.slow:
            c.state.entries += 1
            order.side, order.tag, order.risk = LONG, 0, c.p.risk
            order.stop = close - c.p.stop_atr * ind.atr
        elif held > 0 and ind.fast < ind.slow:
            order.side, order.tag = FLAT, 1
        elif held > 0:
            order.stop = max(c.position.stop, close - c.p.stop_atr * ind.atr)
'''


def write(file: Path) -> None:
    """Write a strategy whose class is named as the file.

    Raises:
        CannotCreate: the file exists, or can't be written.
    """
    if file.exists():
        raise CannotCreate(f"{file} exists", "Choose another name")
    words = [word for word in "".join(c if c.isalnum() else " " for c in file.stem).split() if word.isascii()]
    name = "".join(word[:1].upper() + word[1:] for word in words).lstrip("0123456789")
    with created(file, "Choose another folder"):
        file.write_text(TEXT.format(name=name or "Own"), encoding="utf-8")
