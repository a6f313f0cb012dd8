"""Comparison of the rejections that came out with the faults that were put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.demo.feed import Place

EXAMPLES = 3


@dataclass
class LabelCheck:
    """`labelled` faults went in; `matched` of them were rejected for the fault that was put in."""

    labelled: int = 0
    matched: int = 0
    missed: list[str] = field(default_factory=list)  # labelled, but accepted or rejected for other reasons
    unexpected: list[str] = field(default_factory=list)  # rejected without a fault

    @property
    def holds(self) -> bool:
        """Whether exactly the faulty records were rejected, each for its fault."""
        return not self.missed and not self.unexpected

    @property
    def wrong(self) -> str:
        """The first examples of what does not fit."""
        return "; ".join([*self.missed[:EXAMPLES], *self.unexpected[:EXAMPLES]])


def compare(expected: Mapping[Place, str], rejected: Mapping[Place, Sequence[str]]) -> LabelCheck:
    """Compare by input partition and offset."""
    check = LabelCheck(labelled=len(expected))
    for place, code in expected.items():
        codes = rejected.get(place)
        if codes is not None and code in codes:
            check.matched += 1
        else:
            found = "accepted" if codes is None else f"rejected as {', '.join(codes)}"
            check.missed.append(f"{_name(place)} should be {code} but was {found}")
    for place in rejected.keys() - expected.keys():
        check.unexpected.append(f"{_name(place)} has no fault but was rejected as {', '.join(rejected[place])}")
    return check


def _name(place: Place) -> str:
    return f"record {place[1]} of partition {place[0]}"
