"""The tables of phases and member states: what they allow is what is written there, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from worker.stream.phases import (
    MEMBER_TRANSITIONS,
    TRANSITIONS,
    Event,
    InvalidTransition,
    Machine,
    MemberEvent,
    MemberState,
    Phase,
)

TABLES: dict[str, tuple[Mapping[Any, Any], Any, Any]] = {
    "partition": (TRANSITIONS, Phase, Event),
    "member": (MEMBER_TRANSITIONS, MemberState, MemberEvent),
}
START: dict[str, Any] = {"partition": Phase.RESTORING, "member": MemberState.JOINING}


@pytest.mark.parametrize("table", TABLES)
def test_only_what_the_table_names_may_happen(table: str) -> None:
    transitions, states, events = TABLES[table]
    for state, event in product(states, events):
        machine: Machine[Any, Any] = Machine("ticks.raw-7", state, transitions)
        if (state, event) in transitions:
            machine.on(event)
            assert machine.state is transitions[state, event]
        else:
            with pytest.raises(InvalidTransition) as raised:
                machine.on(event)
            assert all(name in str(raised.value) for name in ("ticks.raw-7", state.name, event.name))
            assert machine.state is state


@pytest.mark.parametrize("table", TABLES)
def test_every_state_is_reached_and_every_event_leads_somewhere(table: str) -> None:
    transitions, states, events = TABLES[table]
    reached = {START[table]}
    for _ in states:
        reached |= {after for (before, _), after in transitions.items() if before in reached}
    assert reached == set(states)
    assert {event for _, event in transitions} == set(events)


def test_a_fenced_partition_stays_so_until_it_is_assigned_anew() -> None:
    assert {event for phase, event in TRANSITIONS if phase is Phase.FAILED} <= {Event.ASSIGNED}


def test_only_a_running_member_may_become_one_that_rebalances() -> None:
    """Whoever is on the way out stays there."""
    leaving = (MemberState.REJOINING, MemberState.FAILED, MemberState.DRAINING, MemberState.CLOSED)
    for (before, _), after in MEMBER_TRANSITIONS.items():
        assert before not in leaving or after in leaving
    assert {after for (before, _), after in MEMBER_TRANSITIONS.items() if before is MemberState.CLOSED} == {
        MemberState.CLOSED
    }
