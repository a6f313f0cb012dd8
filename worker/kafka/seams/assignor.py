"""A sticky assignor per consumer: aiokafka's keeps its state on the class, where two consumers would share it."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata


class PartitionsUnknown(Exception):
    """The leader of the group does not know the partitions of a topic, the argument."""


class CertainAssignor(StickyPartitionAssignor):
    """A sticky assignor that refuses unknown topics; aiokafka's assigns none of their partitions."""

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Assign the partitions to the members.

        Raises:
            PartitionsUnknown: a member subscribes to a topic that the client does not know.
        """
        for topic in sorted({topic for member in members.values() for topic in member.subscription}):
            if not cluster.partitions_for_topic(topic):
                raise PartitionsUnknown(topic)
        return super().assign(cluster, members)


def sticky_assignor() -> type[StickyPartitionAssignor]:
    """Create an assignor class for one consumer."""
    return type("StickyAssignor", (CertainAssignor,), {"member_assignment": None, "generation": -1})
