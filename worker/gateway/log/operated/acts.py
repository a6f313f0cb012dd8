"""The newest acts by subject, as the gateway has read them: who set what is in force, and the history of switches."""

from __future__ import annotations

import msgspec

from schemas.audit import Audit
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.log.values import WRONG

KEPT = 100  # acts of a subject
_decode = msgspec.json.Decoder(Audit).decode


class Acts:
    """Listens to the topic of acts."""

    def __init__(self, log: TopicLog) -> None:
        self._acts: dict[str, list[Audit]] = {}
        log.listen(self._heard)

    def of(self, subject: str) -> list[Audit]:
        """Return the newest acts of a subject, newest first."""
        return self._acts.get(subject, [])[::-1]

    def _heard(self, entries: list[Entry]) -> None:
        if not entries:
            self._acts.clear()
        for entry in entries:
            try:
                act = _decode(entry.value or b"")
            except WRONG:
                continue
            kept = self._acts.setdefault(act.subject, [])
            kept.append(act)
            del kept[:-KEPT]
