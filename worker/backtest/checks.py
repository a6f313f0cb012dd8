"""Two checks of a run: look-ahead bias, and dependence on records from before the warm-up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.tape import Tape
from worker.engine.settings import EngineSettings

WARM_UP = 1_024  # bars after which a symbol without its history should decide as one with it (domain §0)
# Members that always differ in a run that begins later: the account's history and the numbering.
ORDER = ("action", "side", "qty", "notional", "stop", "target", "reasons", "blocking")
ACCOUNT = frozenset({"decision_id", "sequence", "position", "risk", *ORDER})


class Difference(NamedTuple):
    """Differences between two runs of a symbol."""

    symbol: str
    cut: int  # number of the symbol's records before the cut
    lines: int  # lines that differ, are missing or are surplus
    members: tuple[str, ...]  # members that differ in decisions; none for missing lines


class Outcome(NamedTuple):
    """The result of a check."""

    cuts: int
    compared: int  # number of lines
    differences: list[Difference]


class _Memory:
    """A sink that keeps lines in memory."""

    def __init__(self) -> None:
        self.decisions: list[bytes] = []
        self.rejections: list[bytes] = []

    def write(self, lines: Lines) -> None:
        self.decisions += bytes(lines.decisions).splitlines()
        self.rejections += lines.rejections.splitlines()

    @property
    def lines(self) -> list[bytes]:
        return self.decisions + self.rejections


def truncate_check(
    tapes: Sequence[Tape], settings: EngineSettings, cuts: int, seed: int = 1, registry: Path | None = None
) -> Outcome:
    """Cut the input after random records and play the prefix: each line must equal that of the whole run.

    A value that looks ahead differs at the end of a prefix, where the future is missing.
    """
    player, random = Player(settings, registry), np.random.default_rng(seed)
    compared, differences = 0, []
    for tape, count in _drawn(tapes, cuts, random):
        whole = _lines(player, tape)
        for cut in sorted(random.integers(1, len(tape), count, endpoint=True).tolist()):
            found = _lines(player, tape.between(0, cut))
            pairs = [
                (found.decisions, whole.decisions[: len(found.decisions)]),
                (found.rejections, whole.rejections[: len(found.rejections)]),
            ]
            compared += len(found.lines)
            differences += _compared(tape, cut, pairs, frozenset())
    return Outcome(cuts, compared, differences)


def warmup_check(
    tapes: Sequence[Tape], settings: EngineSettings, cuts: int, seed: int = 1, registry: Path | None = None
) -> Outcome:
    """Start at random records and compare decisions with the whole run's from 1,024 accepted bars on.

    The account's own history is left out.
    """
    player, random = Player(settings, registry), np.random.default_rng(seed)
    compared, differences = 0, []
    for tape, count in _drawn([tape for tape in tapes if len(tape) > 2 * WARM_UP], cuts, random):
        whole = _lines(player, tape).decisions
        for cut in sorted(random.integers(1, len(tape) - WARM_UP, count).tolist()):
            warm = _lines(player, tape.between(cut, len(tape))).decisions[WARM_UP:]
            compared += len(warm)
            differences += _compared(tape, cut, [(warm, whole[len(whole) - len(warm) :])], ACCOUNT)
    return Outcome(cuts, compared, differences)


def _drawn(tapes: Sequence[Tape], cuts: int, random: np.random.Generator) -> list[tuple[Tape, int]]:
    """Draw how often to cut each tape, longer ones more often."""
    if not tapes:
        return []
    sizes = np.array([len(tape) for tape in tapes], np.float64)
    counts = random.multinomial(cuts, sizes / sizes.sum())
    return [(tape, int(count)) for tape, count in zip(tapes, counts, strict=True) if count]


def _lines(player: Player, tape: Tape) -> _Memory:
    memory = _Memory()
    player.play(tape, memory)
    return memory


def _compared(
    tape: Tape, cut: int, pairs: list[tuple[list[bytes], list[bytes]]], besides: frozenset[str]
) -> list[Difference]:
    count = 0
    members: set[str] = set()
    for found, wanted in pairs:
        count += abs(len(found) - len(wanted))
        for one, other in zip(found, wanted, strict=False):
            names = _members(one, other) - besides if one != other else frozenset[str]()
            count += bool(names)
            members |= names
    return [Difference(tape.name, cut, count, tuple(sorted(members)))] if count else []


def _members(one: bytes, other: bytes) -> set[str]:
    first, second = msgspec.json.decode(one), msgspec.json.decode(other)
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
