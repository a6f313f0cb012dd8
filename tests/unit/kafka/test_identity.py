"""What to do about a topic that was recreated depends on what is gone with it."""

from __future__ import annotations

import pytest

from worker.kafka.identity import recreated
from worker.settings import Settings

SETTINGS = Settings()
NAMES = SETTINGS.topics


@pytest.mark.parametrize(
    ("topic", "advice"),
    [
        (NAMES.input, "Run another processing.group"),
        (NAMES.output, "topics.on_replaced=follow"),
        (NAMES.rejections, "topics.on_replaced=follow"),
        (NAMES.limits, "alphapulse control set"),
        (SETTINGS.state_topic, "Restart the workers"),
    ],
)
def test_each_topic_has_its_own_advice(topic: str, advice: str) -> None:
    error = recreated(topic, SETTINGS)
    assert error.exit_code == 78
    assert error.message.startswith(f"the topic {topic} was deleted and recreated: ")
    assert advice in error.fix
