"""The silences of alerts, from the acts of operators in memory."""

from __future__ import annotations

import msgspec

from schemas.audit import Audit
from schemas.silence import Silence
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog

_decode = msgspec.json.Decoder(Audit).decode


class Silences:
    """Listens to the acts."""

    def __init__(self, log: TopicLog) -> None:
        self._log = log
        self._known: dict[str, Silence] = {}
        log.listen(self._heard)

    @property
    def complete(self) -> bool:
        """Whether all acts were read: an older silence may hold still, else."""
        return all(offset == 0 for offset in self._log.hot)

    def at(self, now: int) -> list[Silence]:
        """Return those that hold or will hold at `now`, epoch ms, by their ends."""
        held = [one for one in self._known.values() if one.ends_ms > now]
        return sorted(held, key=lambda one: (one.ends_ms, one.id))

    def of(self, identity: str) -> Silence | None:
        """Return a silence; None for none, and for one that was ended."""
        return self._known.get(identity)

    def _heard(self, entries: list[Entry]) -> None:
        if not entries:
            self._known.clear()
        for entry in entries:
            try:
                act = _decode(entry.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue  # of another release, or by another program
            if act.action == "silence" and act.silence is not None:
                self._known[act.silence.id] = act.silence
            elif act.action == "end_silence":
                self._known.pop(act.subject, None)
