"""A running worker tells of a consumer of the new protocol in its group, and when that has left."""

from __future__ import annotations

import pytest
from aiokafka.client import AIOKafkaClient

from tests.support.fake_answers import coordinator, described_new_groups, healthy
from tests.support.fake_broker import Api, FakeBroker
from worker.kafka.client import client_options
from worker.settings import KafkaSettings
from worker.stream.watch.group import GroupWatch


async def test_a_foreign_consumer_is_told_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "worker.stream.watch.group")
    async with FakeBroker() as broker:
        healthy([broker], {})
        broker.on(Api.FIND_COORDINATOR, coordinator(broker))
        client = AIOKafkaClient(**client_options(KafkaSettings(bootstrap_servers=broker.bootstrap)))
        await client.bootstrap()
        try:
            watch = GroupWatch(client, "g")
            broker.on(Api.CONSUMER_GROUP_DESCRIBE, described_new_groups())
            await watch.look()
            assert caplog.messages == []
            broker.on(Api.CONSUMER_GROUP_DESCRIBE, described_new_groups(0, 1))
            for _ in range(3):
                await watch.look()
            assert caplog.messages == ["a foreign consumer in the group: its partitions are not processed"]
            assert "KIP-848" in vars(caplog.records[0])["cause"]
            broker.on(Api.CONSUMER_GROUP_DESCRIBE, described_new_groups(15))  # no certain answer: nothing is said
            await watch.look()
            broker.on(Api.CONSUMER_GROUP_DESCRIBE, described_new_groups())
            await watch.look()
            await watch.look()
            assert caplog.messages[1:] == ["the consumer of the new protocol has left the group"]
        finally:
            await client.close()
