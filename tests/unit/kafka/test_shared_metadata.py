"""What clients were told alike is in memory once, and what one is told later does not show in another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.protocol.metadata import MetadataResponse_v5
from aiokafka.structs import TopicPartition

from worker.kafka.seams import metadata

NODES = [(1, "a", 1, None), (2, "b", 2, None)]


@pytest.fixture(autouse=True)
def told() -> Iterator[None]:
    """Nothing that another test was told."""
    metadata._told.clear()
    yield
    metadata._told.clear()


def answer(leaders: dict[int, int], topic: str = "t") -> Any:
    rows: list[Any] = [(0, number, leader, [1, 2], [leader], []) for number, leader in leaders.items()]
    return MetadataResponse_v5(0, NODES, "cluster", 1, [(0, topic, False, rows)])


def told_of(*answers: Any) -> Any:
    """A client's metadata after these answers."""
    cluster: Any = ClusterMetadata()
    for each in answers:
        metadata.update_metadata(cluster, each)
    return cluster


def test_equal_answers_are_kept_once() -> None:
    one, other = told_of(answer({0: 1, 1: 2})), told_of(answer({0: 1, 1: 2}))
    assert one._partitions["t"] is other._partitions["t"]
    assert one._broker_partitions[1] is other._broker_partitions[1]
    assert other.leader_for_partition(TopicPartition("t", 1)) == 2
    assert other.partitions_for_broker(2) == {TopicPartition("t", 1)}


def test_what_one_is_told_does_not_show_in_another() -> None:
    one, other = told_of(answer({0: 1, 1: 2})), told_of(answer({0: 1, 1: 2}))
    metadata.update_metadata(other, answer({0: 2, 1: 2, 2: 1}))
    tps = [TopicPartition("t", number) for number in range(3)]
    assert [one.leader_for_partition(tp) for tp in tps] == [1, 2, None]
    assert [other.leader_for_partition(tp) for tp in tps] == [2, 2, 1]
    assert one.partitions_for_topic("t") == {0, 1}
    assert one.partitions_for_broker(1) == {tps[0]}
    third = told_of(answer({0: 1, 1: 2}))
    assert third._partitions == one._partitions


def test_what_is_kept_to_be_shared_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "TOLD", 4)
    for number in range(20):
        assert told_of(answer({0: 1}, f"t{number}")).partitions_for_topic(f"t{number}") == {0}
        assert len(metadata._told) <= 4
