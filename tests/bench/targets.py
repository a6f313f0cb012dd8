"""What is promised of figures, and the table that holds them against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

AT_LEAST, AT_MOST = "at least", "at most"


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


Targets = Mapping[str, tuple[Target, ...]]


def missed(targets: Targets, figures: Mapping[str, float]) -> list[str]:
    """Names of the figures beyond a target."""
    return [name for name, bounds in targets.items() if not all(each.kept(figures[name], figures) for each in bounds)]


def show(targets: Targets, figures: Mapping[str, float]) -> None:
    """One line a figure, with its target and whether it is kept."""
    width = max(map(len, figures))
    print(f"\n{'figure':{width}}{'value':>12}  target")
    late = missed({name: bounds for name, bounds in targets.items() if name in figures}, figures)
    for name, value in figures.items():
        line = f"{name:{width}}{_text(value):>12}"
        if name in targets:
            line += f"  {_said(targets[name])}: {'MISSED' if name in late else 'ok'}"
        print(line)


def _text(value: float) -> str:
    if 0.0 < abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:,.{0 if float(value).is_integer() else 3}f}"


def _said(bounds: tuple[Target, ...]) -> str:
    return " and ".join(f"{each.kind} {each.of or f'{each.bound:,g}'}" for each in bounds)
