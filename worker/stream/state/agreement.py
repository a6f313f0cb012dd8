"""The checks of a committed offset against the partition's topics, state and outputs."""

from __future__ import annotations

import logging
from typing import NoReturn

from aiokafka import TopicPartition

from worker.errors import DataError
from worker.kafka.errors import OutcomeUnknown
from worker.kafka.identity import TopicIds, recreated, text_of
from worker.kafka.leaders import Leaders
from worker.settings import Settings
from worker.stream.state.checkpoint import Committed
from worker.stream.state.contradiction import beyond_end, left_out, set_ahead, set_back, truncated
from worker.stream.state.topic import StateRecords
from worker.stream.state.witness import OutputsEnd, contradicting
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)

DOUBTS = 3  # consecutive contradictory openings before the worker stops: another broker may be more current


class Agreement:
    """The checks of one partition, with what this process has seen of it so far."""

    def __init__(self, tp: TopicPartition, settings: Settings) -> None:
        self._tp, self._settings = tp, settings
        self._exactly_once = settings.processing.guarantee == "exactly_once"
        self._doubts = 0
        self._input_id = 0  # as this process has last seen it

    def settled(self) -> None:
        """Reset the count of doubts after a successful opening."""
        self._doubts = 0

    def doubt(self, failure: DataError) -> NoReturn:
        """Request a retry; give up after `DOUBTS` consecutive ones.

        Raises:
            OutcomeUnknown: retry.
            DataError: `failure`, given up.
        """
        self._doubts += 1
        if self._doubts >= DOUBTS:
            raise failure
        raise OutcomeUnknown(failure.message)

    def check_topics(self, found: Committed | None, stored: StateRecords, now: TopicIds, limits_read: bool) -> None:
        """Refuse topics other than those of the last commit, except the state topic: its losses are rebuilt.

        Raises:
            ConfigError: a topic was recreated.
        """
        # Deleting a topic also deletes its committed offsets: then only the state topic has the id.
        known = found.checkpoint if found else None
        committed = known.input_id if known else 0
        remembered = stored.resume.input_id if stored.resume else ""
        seen = {committed, self._input_id} - {0, now.input}
        if seen or remembered not in ("", text_of(now.input)):
            raise recreated(self._tp.topic, self._settings)
        self._input_id = now.input
        if known is None:
            return
        names = self._settings.topics
        self._check_other(names.output, known.output_id, now.output)
        self._check_other(names.rejections, known.rejected_id, now.rejected)
        if limits_read:
            self._check_other(names.limits, known.control_id, now.control)

    def _check_other(self, topic: str, before: int, now: int) -> None:
        if not before or not now or before == now:
            return
        failure = recreated(topic, self._settings)
        if self._settings.topics.on_replaced == "fail":
            raise failure
        log.error("the topic was recreated", extra={"topic": topic, "cause": failure.message})

    def check_witness(self, found: Committed | None, stored: StateRecords, outputs: OutputsEnd, own: int) -> None:
        """Refuse an offset behind a witness.

        Raises:
            OutcomeUnknown, DataError: as `doubt`.
        """
        witness = contradicting(stored, outputs.next, own, self._exactly_once, found)
        if witness is None:
            return
        failure = set_back(self._settings, self._tp.partition, found.offset if found else None, witness)
        if self._settings.state.on_rewind == "fail":
            self.doubt(failure)
        log.error("records are decided again", extra={"partition": self._tp.partition, "cause": failure.message})

    def check_end(self, found: Committed, end: int, epoch: int, come: int) -> None:
        """Refuse an offset beyond the end of the input: decided records were lost, or the offset was set by hand.

        `epoch` is the end of the committed leader epoch, -1 if unknown; `come` is the group's progress by all evidence
        except the offset.

        Raises:
            OutcomeUnknown, DataError: as `doubt`.
        """
        known = min(end, epoch) if epoch >= 0 else end
        if found.offset <= known:
            return
        if not found.by_hand:
            self.doubt(truncated(self._tp, found.offset, known))
        if come > known:
            self.doubt(truncated(self._tp, come, known))
        self.doubt(beyond_end(self._settings, self._tp.partition, found.offset, known))

    async def check_left_out(
        self, leaders: Leaders, found: Committed, stored: StateRecords, outputs: OutputsEnd, own: int
    ) -> None:
        """Refuse an offset that was set by hand and skips records; only warn if later outputs may have been removed.

        Raises:
            OutcomeUnknown, DataError: as `doubt`.
            KafkaError: the input can't be read now.
        """
        left = await left_out(leaders, self._tp, found, stored, outputs, own)
        if left is None:
            return
        partition = self._tp.partition
        failure = set_ahead(self._settings, partition, found.offset, left)
        if not left.certain:
            extra = {"partition": partition, "offset": found.offset, "reached": left.reached}
            log.warning("the offset was set by hand: whether it leaves records out can't be told", extra=extra)
        elif self._settings.state.on_skip == "fail":
            self.doubt(failure)
        else:
            log.error("records are left out", extra={"partition": partition, "cause": failure.message})

    def tell_repeats(self, found: Committed, outputs: OutputsEnd) -> None:
        """Report, under at_least_once, outputs after the committed offset: they are repeated, with equal bytes."""
        repeats = outputs.next - found.offset
        if repeats <= 0 or self._exactly_once:
            return
        METRICS.repeated_records.inc(repeats)
        extra = {"partition": self._tp.partition, "offset": found.offset, "records": repeats}
        if found.by_hand:
            log.warning("the offset was set by hand: outputs will be repeated", extra=extra)
        else:
            log.info("outputs will be repeated", extra=extra)
