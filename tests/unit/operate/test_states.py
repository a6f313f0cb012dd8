"""What a snapshot holds of a strategy is shown field by field."""

from __future__ import annotations

import msgspec
import numpy as np

from schemas.state import StrategyState
from tests.support.hand_strategy import OWN
from worker.engine.asking.standing import STANDING, STANDING_VERSION
from worker.engine.state.layout import CARRY, CARRY_VERSION
from worker.engine.state.own import described
from worker.operate.state_topic import State
from worker.stream.state.records import Snapshot


def shown(version: int = STANDING_VERSION) -> dict[str, object]:
    own, standing = np.zeros(1, OWN), np.zeros(1, STANDING)
    own["steps"], own["crosses"], standing["price"], standing["bars"] = 7, 2, 98.5, 3
    kept = StrategyState("hand", 4, described(OWN), own.tobytes(), version, standing.tobytes(), "plan", b"")
    snapshot = Snapshot("A", 5, "f", CARRY_VERSION, bytes(CARRY.itemsize), b"", "4", "cafe", 0, 0, 0, kept)
    told = State(1, snapshot, np.zeros(1, CARRY)[0], None).as_dict()
    found: dict[str, object] = msgspec.json.decode(msgspec.json.encode(told))["strategy"]
    return found


def test_the_state_of_a_strategy_is_shown() -> None:
    assert shown() == {
        "name": "hand",
        "version": 4,
        "plan": "plan",
        "own": {"steps": 7, "crosses": 2},
        "standing": {"kind": 0, "errors": 0, "rest": 0, "bars": 3, "price": 98.5, "scale": 0.0},
    }


def test_what_a_newer_release_keeps_is_not_read() -> None:
    assert shown(STANDING_VERSION + 1)["standing"] is None
