"""What can't be followed is told from what can, and changes nothing."""

from __future__ import annotations

import math

import pytest

from tests.support.decide_drive import action, instrument, reasons
from tests.support.follow_drive import FollowDesk
from worker.engine.asking.intent import FLAT, INVALID, LIMIT, LONG, OK, SHORT, STOP

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    "said",
    [
        {"side": 2},
        {"side": LONG, "qty": NAN},
        {"side": LONG, "qty": INF},
        {"side": LONG, "qty": -1.0},
        {"side": LONG, "share": NAN},
        {"side": LONG, "risk": INF, "stop": 95.0},
        {"side": LONG, "qty": 1.0, "share": 0.1},
        {"side": LONG, "share": 0.1, "risk": 0.1, "stop": 95.0},
        {"side": LONG, "strength": NAN},
        {"side": LONG, "strength": -1.0},
        {"side": LONG, "risk": 0.01},
        {"side": LONG, "qty": 1.0, "stop": 100.0},
        {"side": LONG, "qty": 1.0, "stop": 101.0},
        {"side": LONG, "qty": 1.0, "stop": -INF},
        {"side": LONG, "qty": 1.0, "target": 99.0},
        {"side": LONG, "qty": 1.0, "target": INF},
        {"side": SHORT, "qty": 1.0, "stop": 99.0},
        {"side": SHORT, "qty": 1.0, "target": 101.0},
        {"side": LONG, "qty": 1.0, "entry": 3, "price": 99.0},
        {"side": LONG, "qty": 1.0, "entry": LIMIT},
        {"side": LONG, "qty": 1.0, "entry": LIMIT, "price": INF},
        {"side": LONG, "qty": 1.0, "entry": STOP, "price": 0.0},
        {"side": LONG, "qty": 1.0, "entry": STOP, "price": 105.0, "bars": 0},
        {"side": LONG, "qty": 1.0, "entry": LIMIT, "price": 98.0, "stop": 99.0},
        {"side": FLAT, "qty": NAN},
        {"side": LONG, "qty": 1.0, "resize": 2},
    ],
)
def test_an_unsound_answer_opens_nothing(said: dict[str, float]) -> None:
    desk = FollowDesk()
    row = desk.say(**said)
    assert desk.status == INVALID
    assert (action(row), reasons(row)) == ("hold", {"strategy_fallback"})
    assert desk.pending["action"] == 0


@pytest.mark.parametrize(
    "said",
    [
        {"side": LONG, "qty": 0.0},
        {"side": LONG, "qty": 1.0, "stop": NAN, "target": NAN},
        {"side": LONG, "qty": 1.0, "entry": LIMIT, "price": 98.0, "stop": 97.0, "target": 99.0},
        {"side": SHORT, "qty": 1.0, "entry": STOP, "price": 95.0, "stop": 97.0},
        {"side": FLAT},
        {"stop": 95.0},  # of no position
    ],
)
def test_a_sound_answer_is_followed(said: dict[str, float]) -> None:
    desk = FollowDesk()
    desk.say(**said)
    assert desk.status == OK


@pytest.mark.parametrize("said", [{"stop": 100.0}, {"stop": 104.0}, {"target": 99.0}, {"stop": -INF}, {"target": INF}])
def test_an_unsound_level_leaves_those_of_the_position(said: dict[str, float]) -> None:
    desk = FollowDesk()
    desk.say(side=LONG, qty=1.0, stop=95.0, target=110.0)
    desk.say()
    row = desk.say(**said)
    assert desk.status == INVALID
    assert (row["decision"]["position"]["stop"], row["decision"]["position"]["target"]) == (95.0, 110.0)


def test_a_held_position_can_wait_for_no_price() -> None:
    desk = FollowDesk()
    desk.say(side=LONG, qty=1.0)
    desk.say()
    row = desk.say(side=SHORT, qty=1.0, entry=LIMIT, price=105.0)
    assert (desk.status, action(row)) == (INVALID, "hold")
    desk.say(side=LONG, qty=1.0, entry=LIMIT, price=95.0)
    assert desk.status == OK  # it has what it wants


def test_a_negative_price_is_one_for_some_instruments() -> None:
    said = {"side": LONG, "qty": 1.0, "entry": LIMIT, "price": -5.0}
    for allowed, status in ((0, INVALID), (1, OK)):
        desk = FollowDesk(inst=instrument(allow_non_positive_price=allowed))
        desk.say(**said)
        assert desk.status == status
