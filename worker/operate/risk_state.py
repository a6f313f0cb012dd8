"""Reader of the newest state of the portfolio's risk monitor."""

from __future__ import annotations

from collections.abc import Iterable

from worker.errors import DataError
from worker.kafka.reader import Consumed
from worker.leading.parts import joined
from worker.operate.read_topic import read_topic
from worker.settings import Settings
from worker.sources.recording import Recorded


async def read_risk_state(settings: Settings) -> dict[str, bytes]:
    """Return the newest record of each key of the monitor's state topic.

    Raises:
        ConfigError: the topic does not exist.
        DataError: no monitor has written a state.
    """
    topic = settings.risk_state_topic
    found = newest(await read_topic(settings.kafka, topic, None, None, lambda _: None))
    if not found:
        raise DataError(f"{topic} holds no state", "Run `alphapulse risk`, or give --from")
    return found


def newest(records: Iterable[Consumed | Recorded]) -> dict[str, bytes]:
    """Return the newest value of each key that was not removed, in their order; one in parts as a whole."""
    found: dict[str, bytes] = {}
    for record in records:
        key = (record.key or b"").decode(errors="replace")
        found.pop(key, None)
        if record.value is not None:
            found[key] = record.value
    return joined(found)
