"""What operators wrote: control records without the monitor's header, and acknowledgements."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

import msgspec

from schemas.audit import Acknowledged, Audit
from schemas.control import MONITOR_HEADER
from schemas.portfolio import Operated
from schemas.tick import MAX_SYMBOL
from worker.kafka.deadline import within
from worker.kafka.reader import Consumed
from worker.risk.rules.desk import MAX_REASON
from worker.risk.rules.limits import has_limits
from worker.stream.control.follower import ControlFollower, Table
from worker.stream.control.table import control_of
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
MOST = 1_000  # control records that enter one step, so that its record stays small enough
_audit = msgspec.json.Decoder(Audit).decode


class _Act(msgspec.Struct):
    action: str


_act = msgspec.json.Decoder(_Act).decode


class _Waiting(NamedTuple):
    partition: int
    offset: int
    operated: Operated


class Operators:
    """The operators' control records that have not entered a step."""

    def __init__(self, name: str, cut: list[int]) -> None:
        """Begin with the first offset of each partition that did not enter; `name` is the monitor's."""
        self.entered = list(cut)  # the cut of the step that took records last
        self.own = 0  # records of this monitor
        self.rival: str | None = None  # another monitor that writes while this one does
        self.following = False  # whether the topic was read to its end
        self._name, self._cut = name.encode(), list(cut)
        self._waiting: list[_Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, record: Consumed) -> None:
        """Take the next record of the control topic."""
        author = next((value for name, value in record.headers if name == MONITOR_HEADER), None)
        if author == self._name:
            self.own += 1
            return
        if record.offset < self._cut[record.partition]:
            return
        if author is not None and self.following:
            self.rival = author.decode(errors="replace")
        key = (record.key or b"").decode(errors="replace")
        try:
            control = control_of(record)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            METRICS.controls_refused.inc()
            log.error("control record refused", extra={"key": key, "cause": str(error)})
            return
        METRICS.controls_read.inc()
        self._cut[record.partition] = record.offset + 1
        if not has_limits(key) or len(key) > MAX_SYMBOL:
            return  # a switch, or of no symbol: it limits nothing
        if control is not None and len(control.reason) > MAX_REASON:
            control = msgspec.structs.replace(control, reason=control.reason[:MAX_REASON])
        self._waiting.append(_Waiting(record.partition, record.offset, Operated(key, control)))

    def take(self) -> list[Operated]:
        """Return the records that enter the next step, in their order."""
        found, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        if self._waiting:
            for one in found:
                self.entered[one.partition] = one.offset + 1
        else:
            self.entered = list(self._cut)
        return [one.operated for one in found]


class Acknowledgements:
    """The acknowledgements that have not entered a step."""

    def __init__(self, cut: list[int]) -> None:
        self.entered = list(cut)  # the cut of the step that took them last
        self._cut = list(cut)
        self._waiting: list[Acknowledged] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, record: Consumed) -> None:
        """Take the next record of the audit topic; those of other acts and releases pass."""
        if record.offset < self._cut[record.partition]:
            return
        self._cut[record.partition] = record.offset + 1
        value = record.value or b""
        try:
            if _act(value).action != "acknowledge":
                return
            act = _audit(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("audit record passed over", extra={"offset": record.offset, "cause": str(error)})
            return
        subject = cast(Acknowledged, act.subject)  # what an acknowledgement may name
        if subject not in self._waiting:
            self._waiting.append(subject)
        log.info("acknowledged", extra={"subject": subject, "who": act.who, "reason": act.reason})

    def take(self) -> list[Acknowledged]:
        """Return what enters the next step."""
        found, self._waiting = self._waiting, []
        self.entered = list(self._cut)
        return found


@asynccontextmanager
async def following(
    options: dict[str, Any],
    topic: str,
    partitions: int,
    table: Table,
    on_failure: Callable[[BaseException | None], None],
) -> AsyncIterator[None]:
    """Read a topic from its beginning to its end, then follow it within the block.

    Raises:
        AlphapulseError: the topic can't be read.
    """
    follower = ControlFollower(options, topic, partitions, table)
    try:
        await follower.start()
        task = asyncio.create_task(follower.follow(), name=topic)
        task.add_done_callback(lambda done: None if done.cancelled() else on_failure(done.exception()))
        try:
            yield
        finally:
            await within(0.0, task)
    finally:
        await follower.stop()
