"""The state machines of a partition and of a membership: states, events and tables of transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar


class Phase(Enum):
    """The phase of a partition."""

    RESTORING = "restoring"  # paused in the consumer
    READY = "ready"
    BUSY = "busy"  # a batch is between fetch and commit, or its outcome is unknown
    PARKED = "parked"  # kept in memory until the next assignment
    FAILED = "failed"  # fenced: only a new membership may take the partition again


class Event(Enum):
    """An event of a partition."""

    ASSIGNED = "a generation assigns it, and it cannot go on from memory"
    KEPT = "a generation assigns it, and nobody committed in between"
    RESTORED = "the state for the committed offset is there"
    STARTED = "a batch or a save starts"
    FINISHED = "what was started is committed or published"
    HALTED = "the member starts nothing new: it is rebalancing or leaves"
    OUT_OF_RANGE = "the broker has no record at the next offset"
    OUTCOME_UNKNOWN = "the answer to a commit was lost"
    STATE_LOST = "a symbol's state is neither in memory nor where it was put"
    FENCED = "somebody else owns it"


class MemberState(Enum):
    """The state of a membership."""

    JOINING = "joining"  # no assignment: before the first, and from each revocation to the next
    RUNNING = "running"  # the only state in which new work starts
    REJOINING = "rejoining"  # a partition was fenced: only a new membership may get it back
    FAILED = "failed"
    DRAINING = "draining"  # a stop was requested, and nothing has failed
    CLOSED = "closed"  # the loop has ended: partitions are released


class MemberEvent(Enum):
    """An event of a membership."""

    REVOKED = "a rebalance begins"
    ASSIGNED = "a rebalance ends"
    FENCED = "a partition has another owner"
    FAILED = "something fails that no retry can help"
    STOPPED = "the process is asked to stop"
    LEFT = "the loop has ended"


TRANSITIONS: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.RESTORING, Event.ASSIGNED): Phase.RESTORING,  # the first assignment, or a newer one
    (Phase.RESTORING, Event.RESTORED): Phase.READY,
    (Phase.RESTORING, Event.FENCED): Phase.FAILED,
    (Phase.READY, Event.STARTED): Phase.BUSY,
    (Phase.READY, Event.HALTED): Phase.PARKED,
    (Phase.READY, Event.OUT_OF_RANGE): Phase.RESTORING,
    (Phase.BUSY, Event.FINISHED): Phase.READY,
    (Phase.BUSY, Event.HALTED): Phase.PARKED,
    (Phase.BUSY, Event.OUTCOME_UNKNOWN): Phase.RESTORING,
    (Phase.BUSY, Event.STATE_LOST): Phase.RESTORING,
    (Phase.BUSY, Event.FENCED): Phase.FAILED,
    (Phase.BUSY, Event.ASSIGNED): Phase.RESTORING,  # the revocation's deadline has cancelled the batch
    (Phase.PARKED, Event.KEPT): Phase.READY,
    (Phase.PARKED, Event.ASSIGNED): Phase.RESTORING,
}

MEMBER_TRANSITIONS: Mapping[tuple[MemberState, MemberEvent], MemberState] = {
    # The client reports a revocation before each join, the first included.
    (MemberState.JOINING, MemberEvent.REVOKED): MemberState.JOINING,
    (MemberState.JOINING, MemberEvent.ASSIGNED): MemberState.RUNNING,
    (MemberState.JOINING, MemberEvent.FENCED): MemberState.REJOINING,
    (MemberState.JOINING, MemberEvent.FAILED): MemberState.FAILED,
    (MemberState.JOINING, MemberEvent.STOPPED): MemberState.DRAINING,
    (MemberState.JOINING, MemberEvent.LEFT): MemberState.CLOSED,
    (MemberState.RUNNING, MemberEvent.REVOKED): MemberState.JOINING,
    (MemberState.RUNNING, MemberEvent.FENCED): MemberState.REJOINING,
    (MemberState.RUNNING, MemberEvent.FAILED): MemberState.FAILED,
    (MemberState.RUNNING, MemberEvent.STOPPED): MemberState.DRAINING,
    (MemberState.RUNNING, MemberEvent.LEFT): MemberState.CLOSED,
    (MemberState.REJOINING, MemberEvent.FAILED): MemberState.FAILED,
    (MemberState.REJOINING, MemberEvent.STOPPED): MemberState.DRAINING,
    (MemberState.REJOINING, MemberEvent.LEFT): MemberState.CLOSED,
    (MemberState.FAILED, MemberEvent.LEFT): MemberState.CLOSED,
    (MemberState.DRAINING, MemberEvent.LEFT): MemberState.CLOSED,
    # While the member leaves, the group goes on, and work that was started may end in any way.
    (MemberState.REJOINING, MemberEvent.REVOKED): MemberState.REJOINING,
    (MemberState.REJOINING, MemberEvent.ASSIGNED): MemberState.REJOINING,
    (MemberState.REJOINING, MemberEvent.FENCED): MemberState.REJOINING,
    (MemberState.FAILED, MemberEvent.REVOKED): MemberState.FAILED,
    (MemberState.FAILED, MemberEvent.ASSIGNED): MemberState.FAILED,
    (MemberState.FAILED, MemberEvent.FENCED): MemberState.FAILED,
    (MemberState.FAILED, MemberEvent.FAILED): MemberState.FAILED,
    (MemberState.DRAINING, MemberEvent.REVOKED): MemberState.DRAINING,
    (MemberState.DRAINING, MemberEvent.ASSIGNED): MemberState.DRAINING,
    (MemberState.DRAINING, MemberEvent.FENCED): MemberState.DRAINING,
    (MemberState.DRAINING, MemberEvent.FAILED): MemberState.DRAINING,
    (MemberState.CLOSED, MemberEvent.REVOKED): MemberState.CLOSED,
    (MemberState.CLOSED, MemberEvent.ASSIGNED): MemberState.CLOSED,
    (MemberState.CLOSED, MemberEvent.FENCED): MemberState.CLOSED,
    (MemberState.CLOSED, MemberEvent.FAILED): MemberState.CLOSED,
}


class InvalidTransition(Exception):
    """An event that is not allowed in the present state: a bug."""


State = TypeVar("State", bound=Enum)
Happening = TypeVar("Happening", bound=Enum)


class Machine(Generic[State, Happening]):
    """A state machine with a table of transitions; `name` names its owner in errors."""

    def __init__(self, name: str, state: State, transitions: Mapping[tuple[State, Happening], State]) -> None:
        self.state = state
        self._name, self._transitions = name, transitions

    def on(self, event: Happening) -> None:
        """Move to the state that the event leads to.

        Raises:
            InvalidTransition: the table has no such transition.
        """
        after = self._transitions.get((self.state, event))
        if after is None:
            raise InvalidTransition(f"{self._name} is {self.state.name}: {event.name} must not happen ({event.value})")
        self.state = after
