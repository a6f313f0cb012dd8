"""The newest control record of each key, as far as this worker has read the control topic."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from schemas import Control
from worker.kafka.reader import Consumed
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
_decode = msgspec.json.Decoder(Control).decode


class Announced(NamedTuple):
    """One control record; `control` is None for a tombstone."""

    key: bytes
    control: Control | None
    offset: int  # in the control topic
    ts: int  # of the record, epoch ms UTC
    revision: int  # of the table that it made


def control_of(record: Consumed) -> Control | None:
    """Decode a record of the control topic; None is a removal.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError: it is refused.
    """
    control = _decode(record.value) if record.value is not None else None
    if not record.key or (control is not None and control.key.encode() != record.key):
        raise msgspec.ValidationError("the key of the record is not the key in its value")
    return control


class ControlTable:
    """The table that partitions read before each batch. `revision` grows with every change."""

    def __init__(self) -> None:
        self.revision = 0
        self._newest: dict[bytes, Announced] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def put(self, record: Consumed) -> None:
        """Apply a record of the control topic; ignore one that can't be decoded."""
        key = record.key or b""
        try:
            control = control_of(record)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            METRICS.controls_refused.inc()
            log.error("control record refused", extra={"key": key.decode(errors="replace"), "cause": str(error)})
            return
        METRICS.controls_read.inc()
        self.revision += 1
        self._newest.pop(key, None)  # the newest change is last
        self._newest[key] = Announced(key, control, record.offset, record.timestamp, self.revision)

    def since(self, revision: int) -> Iterator[Announced]:
        """Yield the changes after `revision`, newest first."""
        for announced in reversed(self._newest.values()):
            if announced.revision <= revision:
                return
            yield announced
