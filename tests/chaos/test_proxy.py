"""The proxy does to Kafka's frames what it says, seen by a client that is not ours."""

from __future__ import annotations

import confluent_kafka
import pytest

from tests.chaos.catalogue import quick
from tests.chaos.cluster import Cluster
from tests.chaos.proxy import Api, Way
from tests.support.fleet import until
from tests.support.kafka import create_topics
from tests.support.transactions import open_transactions

pytestmark = [pytest.mark.kafka, quick]


def producer(bootstrap: str, name: str) -> confluent_kafka.Producer:
    """A transactional producer, started."""
    client = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "transactional.id": name})
    client.init_transactions(20)
    return client


async def finished(bootstrap: str, name: str) -> None:
    """Wait until the transaction is finished: its markers follow the answer."""

    async def holds() -> bool:
        return not open_transactions(bootstrap, name)

    await until(holds, 5, "the transaction is finished")


async def test_a_held_answer_comes_when_it_is_let_go(cluster: Cluster, topic_prefix: str) -> None:
    await create_topics(cluster.bootstrap, {topic_prefix: 1})
    client = producer(cluster.proxy.address, topic_prefix)
    client.begin_transaction()
    client.produce(topic_prefix, b"one", partition=0)
    client.flush(10)
    rule = cluster.proxy.hold(Api.END_TXN, Way.REQUEST)
    with pytest.raises(confluent_kafka.KafkaException):
        client.commit_transaction(1)
    await rule.caught_one(1)
    assert open_transactions(cluster.bootstrap, topic_prefix) == {topic_prefix: "Ongoing"}
    cluster.proxy.lift(rule)
    client.commit_transaction(10)
    await finished(cluster.bootstrap, topic_prefix)


async def test_a_dropped_answer_never_comes_though_the_broker_acted(cluster: Cluster, topic_prefix: str) -> None:
    await create_topics(cluster.bootstrap, {topic_prefix: 1})
    client = producer(cluster.proxy.address, topic_prefix)
    client.begin_transaction()
    client.produce(topic_prefix, b"one", partition=0)
    client.flush(10)
    rule = cluster.proxy.drop(Api.END_TXN, Way.RESPONSE)
    with pytest.raises(confluent_kafka.KafkaException):
        client.commit_transaction(1)
    await rule.caught_one(1)
    await finished(cluster.bootstrap, topic_prefix)


async def test_a_frozen_link_thaws_and_a_cut_one_is_made_anew(cluster: Cluster, topic_prefix: str) -> None:
    await create_topics(cluster.bootstrap, {topic_prefix: 1})
    client = producer(cluster.proxy.address, topic_prefix)
    client.begin_transaction()
    cluster.proxy.freeze()
    client.produce(topic_prefix, b"one", partition=0)
    assert client.flush(1) == 1
    cluster.proxy.freeze(False)
    assert client.flush(10) == 0
    cluster.proxy.cut()
    client.commit_transaction(10)
    cluster.proxy.refuse()
    with pytest.raises(confluent_kafka.KafkaException):
        confluent_kafka.Consumer({"bootstrap.servers": cluster.proxy.address, "group.id": "any"}).list_topics(timeout=1)
