"""The operators' records: limits of their own that the monitor tightens and never loosens, until they are lifted."""

from __future__ import annotations

import msgspec

from schemas.control import Control
from worker.risk.rules.limits import NONE, Limits, of, stricter


class Overlay(msgspec.Struct):
    """The operators' records by key, oldest first; all but the newest in force are forgotten."""

    records: dict[str, list[Control]] = {}

    def put(self, key: str, control: Control | None) -> None:
        """Take an operator's record; None lifts all limits of the key."""
        if control is None:
            self.records.pop(key, None)
        else:
            self.records[key] = [*self.records.get(key, []), control]

    def at(self, ts: int, step_ms: int) -> dict[str, Limits]:
        """Return the operators' limits at a step, by key.

        A record for later counts one step before its time, so that no bar opens without it; the one before it counts
        until then.
        """
        found: dict[str, Limits] = {}
        for key, records in self.records.items():
            begun = [at for at, one in enumerate(records) if one.effective_ts <= ts]
            records = self.records[key] = records[begun[-1] if begun else 0 :]
            counted = [one for one in records if one.effective_ts <= ts + step_ms]
            for one in counted:
                found[key] = stricter(found.get(key, NONE), of(one))
        return found
