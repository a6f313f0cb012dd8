"""The records of a step as they go to their topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.alert import Alert
from worker.alerts.core import Written
from worker.kafka.records.outputs import Header, Output
from worker.leading.records import Placed, state_records
from worker.settings import Settings
from worker.stream.output.builder import common_headers, rfc3339

ALERT = b"io.alphapulse.alert.v1"
JSON: tuple[Header, ...] = (("content-type", b"application/json"),)


class Writer:
    """Builds records; nothing in them depends on the process."""

    def __init__(self, settings: Settings) -> None:
        self._alerts, self._state = settings.topics.alarms, settings.alerts_state_topic
        self._deliveries = settings.topics.messages
        self._common = common_headers(settings.alerts_group)

    def step(self, written: Written) -> Iterator[Placed]:
        """Yield the records of a step."""
        assert written.step is not None
        for alert, value in written.alerts:
            yield Placed(0, self._alert(alert, value, written.step.now))
        yield from self.state(written.state, written.step.now)

    def state(self, records: Iterable[tuple[str, bytes | None]], ts: int) -> Iterator[Placed]:
        """Return records of the state, written at `ts`, epoch ms."""
        return state_records(self._state, records, ts)

    def deliveries(self, records: Iterable[tuple[str, bytes | None]], ts: int) -> Iterator[Placed]:
        """Yield records of messages and deliveries, written at `ts`, epoch ms."""
        for key, value in records:
            yield Placed(0, Output(self._deliveries, key.encode(), value, ts, () if value is None else JSON))

    def _alert(self, alert: Alert, value: bytes, ts: int) -> Output:
        headers = (
            *self._common,
            ("ce_id", f"{alert.alert_id}-{alert.state}".encode()),
            ("ce_type", ALERT),
            ("ce_time", rfc3339(ts).encode()),
        )
        return Output(self._alerts, alert.fingerprint.encode(), value, ts, headers)
