"""A portfolio of very many symbols, all of them capped in one step: its records and its state still fit."""

from __future__ import annotations

import gzip

import pytest

from tests.support.examples import drawn
from tests.support.monitored import ENGINE
from tests.support.portfolio import MINUTE, START, decision
from worker.kafka.preflight import MAX_BATCH
from worker.leading.parts import PART, joined
from worker.leading.records import state_records
from worker.risk.monitor import Monitor
from worker.risk.settings import RiskSettings

SYMBOLS = drawn(2_000, 20_000)


@pytest.fixture(scope="module")
def risk() -> RiskSettings:
    return RiskSettings.model_validate({"returns": "5m", "capital": 1_000.0})


def test_a_step_that_trips_every_symbol_fits(risk: RiskSettings) -> None:
    monitor = Monitor(risk, ENGINE, 1)
    for at in range(SYMBOLS):
        monitor.take(0, at, decision(f"SYMBOL{at:06d}", START, 100.0, held=100.0, unrealised=-1.0))
    output = monitor.advance(START + MINUTE)
    assert output.portfolio.count(b'"cap') + len(output.controls) > SYMBOLS
    assert len(gzip.compress(output.portfolio, 6)) < MAX_BATCH * SYMBOLS / 20_000
    monitor.take(0, SYMBOLS, decision("SYMBOL000000", START + MINUTE, 100.0))
    waiting = monitor.advance(START + MINUTE)  # a repetition, in the midst of the next step
    placed = list(state_records("state", [*output.state, *waiting.state], START))
    assert max(len(one.record.value or b"") for one in placed) <= PART
    stored = joined({(one.record.key or b"").decode(): one.record.value or b"" for one in placed})
    restored = Monitor(risk, ENGINE, 1, stored)
    again, other = (one.advance(START + 2 * MINUTE) for one in (monitor, restored))
    assert again == other
