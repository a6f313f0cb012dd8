"""A sticky assignor of one's own: aiokafka's keeps its memory on the class, where two consumers would share it."""

from __future__ import annotations

from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor


def sticky_assignor() -> type[StickyPartitionAssignor]:
    """A fresh assignor class for one consumer."""
    return type("StickyAssignor", (StickyPartitionAssignor,), {"member_assignment": None, "generation": -1})
