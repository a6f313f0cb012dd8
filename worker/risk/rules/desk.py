"""The control records: what is in force for each key, and what has to be written so that it is what is wanted."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from schemas.control import Control, CorporateAction
from worker.risk.rules.limits import NONE, Limits, fields, limits_nothing, of, stricter

ALL = "*"
SECOND = 1_000  # ms
MAX_REASON = 200  # characters


class Live(msgspec.Struct):
    """The record of a key that is in force."""

    limits: Limits
    effective_ts: int
    reason: str = ""
    followed: bool = False  # by an operator's record for later, which would take over alone


class Desk(msgspec.Struct):
    """Every key's newest record and version. A written record is always the one after the greatest version seen."""

    live: dict[str, Live] = {}
    versions: dict[str, int] = {}
    actions: dict[str, CorporateAction] = {}  # of the newest operators' records, which ours must not take away

    def seen(self, ts: int, key: str, control: Control | None) -> None:
        """Take a record that another wrote, None for a removal: from now on, or from its time on, workers obey it."""
        self._note(key, None if control is None else control.corp_action)
        if control is None:
            # Not forgotten: a repetition of ours may have come just behind it, and the next one removes that.
            self.live[key] = Live(NONE, 0)
            return
        if control.effective_ts > ts:
            self.live.setdefault(key, Live(NONE, 0)).followed = True
        else:
            self.live[key] = Live(of(control), control.effective_ts, control.reason)
        self.versions[key] = max(self.versions.get(key, 0), control.version)

    def passed(self, control: Control) -> None:
        """Take a record that limits nothing, but comes after the limits of its key: they are written once more."""
        key = control.key
        self._note(key, control.corp_action)
        if key in self.live:
            self.live[key].followed = True
        self.versions[key] = max(self.versions.get(key, 0), control.version)

    def write(self, ts: int, wanted: Mapping[str, Limits], reasons: Mapping[str, str]) -> list[Control]:
        """Return the records that a step writes, by key; `*` always has one.

        A stricter value holds for every bar, also one that opened before (`effective_ts` 0); a looser one from the step
        on. Where some values get stricter and others looser, the looser ones wait for the next step.
        """
        written: list[Control] = []
        for key in sorted(self.live.keys() | wanted.keys() | {ALL}):
            live, want = self.live.get(key), wanted.get(key, NONE)
            if live is None and want == NONE and key != ALL:
                continue
            have, want = self._acting(key, live.limits if live else NONE), self._acting(key, want)
            tight = stricter(want, have)
            if live is None or tight != have:
                written.append(self._record(ts, key, tight, 0, reasons.get(key, "")))
            elif live.followed:
                written.append(self._record(ts, key, have, live.effective_ts, live.reason))
            elif want != have:
                written.append(self._record(ts, key, want, ts, reasons.get(key, "")))
        return written

    def repeat(self, ts: int, besides: list[Control]) -> tuple[list[Control], list[str]]:
        """Return the live records once more, and the keys to remove: those whose record limits nothing any more."""
        written = {control.key for control in besides}
        idle = [key for key, live in sorted(self.live.items()) if key != ALL and limits_nothing(live.limits)]
        for key in idle:
            if key not in written:
                del self.live[key]
        # The record of an action stays as it is: to remove it would take the action away.
        gone = [key for key in idle if key not in written and key not in self.actions]
        again = [
            self._record(ts, key, live.limits, live.effective_ts, live.reason)
            for key, live in sorted(self.live.items())
            if key not in written
        ]
        return again, gone

    def _note(self, key: str, action: CorporateAction | None) -> None:
        self.actions.pop(key, None)
        if action is not None:
            self.actions[key] = action

    def _acting(self, key: str, limits: Limits) -> Limits:
        return msgspec.structs.replace(limits, corp_action=self.actions.get(key))

    def _record(self, ts: int, key: str, limits: Limits, effective_ts: int, reason: str) -> Control:
        # A key that was never seen may have had a record of any version before its removal.
        version = self.versions.get(key, ts // SECOND) + 1
        self.versions[key] = version
        reason = reason[:MAX_REASON]
        self.live[key] = Live(limits, effective_ts, reason)
        # An encoder leaves out a default by its identity, so that an equal value would stand in the bytes.
        given = fields(limits) | ({"reason": reason} if reason else {})
        return Control(key=key, version=version, effective_ts=effective_ts, **given)
