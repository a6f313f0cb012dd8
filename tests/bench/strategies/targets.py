"""What is promised of strategies, and the table that holds the figures against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Target(NamedTuple):
    """A bound of a figure, `at least` or `at most`; `of` names another figure that is the bound."""

    kind: str = ""
    bound: float = 0.0
    of: str = ""

    def limit(self, figures: Mapping[str, float]) -> float:
        """The number that the figure is held against."""
        return figures[self.of] if self.of else self.bound

    def kept(self, value: float, figures: Mapping[str, float]) -> bool:
        """Whether the figure is within it; one that is not a number never is."""
        limit = self.limit(figures)
        return value >= limit if self.kind == AT_LEAST else value <= limit


AT_LEAST, AT_MOST = "at least", "at most"
TARGETS: dict[str, tuple[Target, ...]] = {
    "trades_compared": (Target(AT_LEAST, 4_000),),
    "trades_differing": (Target(AT_MOST, 0),),
    "check_faults_found": (Target(AT_LEAST, 12),),
    "call_ns": (Target(AT_MOST, 20),),
    "compile_s": (Target(AT_MOST, 2),),
    "overhead_ratio": (Target(AT_MOST, 1.15),),
    "python_us_per_bar": (Target(AT_MOST, 15),),
    "sweep_s": (Target(AT_MOST, 5), Target(AT_MOST, of="vectorbt_sweep_s")),
}
EXACT = {"trades_compared", "trades_differing", "check_faults_found"}  # the others are times


def missed(figures: Mapping[str, float]) -> list[str]:
    """Names of the figures beyond a target."""
    return [name for name, targets in TARGETS.items() if not all(each.kept(figures[name], figures) for each in targets)]


def show(figures: Mapping[str, float]) -> None:
    """One line a figure, with its target and whether it is kept."""
    width = max(map(len, figures))
    print(f"\n{'figure':{width}}{'value':>12}  target")
    late = missed(figures)
    for name, value in figures.items():
        line = f"{name:{width}}{value:12,.{0 if value.is_integer() else 3}f}"
        if name in TARGETS:
            line += f"  {_said(TARGETS[name])}: {'MISSED' if name in late else 'ok'}"
        print(line)


def _said(targets: tuple[Target, ...]) -> str:
    return " and ".join(f"{each.kind} {each.of or f'{each.bound:,g}'}" for each in targets)
