"""The journal: what entered each step, so that the same log gives the same alerts again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from worker.alerts.evaluation.clock import Flow
from worker.alerts.evaluation.sources import Row
from worker.errors import DataError

FORMAT = 1
KEPT = 65_536  # steps whose records the state topic keeps: the number modulo this is the key
PREFIX = "step/"


class Step(msgspec.Struct, array_like=True):
    """One step. Records of the sources up to the cut entered it, after those of the step before."""

    format: int
    number: int  # without gaps
    now: int  # wall time, epoch ms; it never goes back
    cut: dict[str, list[int]]  # by source, the first offset of each partition that did not enter
    flows: dict[str, Flow]  # after the step, by source
    rows: list[Row]  # of the fleet
    topics: dict[str, str]  # id of each source's topic; empty where the cluster has none
    config: str  # hash of rules and routes

    @property
    def key(self) -> str:
        """Key of its record."""
        return f"{PREFIX}{self.number % KEPT}"

    def encoded(self) -> bytes:
        """Return the value of its record."""
        return _encode(self)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Step).decode


def steps(stored: Mapping[str, bytes]) -> list[Step]:
    """Return the journal in order.

    Raises:
        DataError: a record can't be read, or is of another format.
    """
    found: list[Step] = []
    for key in [key for key in stored if key.startswith(PREFIX)]:
        try:
            step = _decode(stored[key])
        except msgspec.MsgspecError as error:
            raise DataError(f"the journal of the alerts is damaged: {key}: {error}", ANEW) from None
        if step.format != FORMAT:
            raise DataError(f"the journal of the alerts has the format {step.format}, not {FORMAT}", ANEW)
        found.append(step)
    return sorted(found, key=lambda step: step.number)


ANEW = (
    "Stop all members of `alphapulse alerts`, delete its state topic and run `alphapulse topics create`: it then "
    "begins with new records, and what fires is told once more"
)
