"""What a strategy said over a run: statuses, tags of trades, what was refused, in figures, tables and on the page."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from tests.support.strategies import HEAD
from tests.unit.backtest.market import market
from worker.backtest.ledger import TRADES
from worker.backtest.parts import DECISIONS
from worker.backtest.report.levels import ALL, EACH
from worker.backtest.run import backtest
from worker.backtest.said import SAID, tags
from worker.backtest.tables import TRADES_FILE
from worker.backtest.tape import tapes
from worker.cli.backtest_tables import show
from worker.configured_strategy import filled
from worker.engine.asking.intent import KEEP, LONG, NO_TAG, SHORT, Status
from worker.engine.reasons import Reason
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.stages.decision import Action

HOSTILE = "</script><b>of the budget & more</b>"
OWN = f"""{HEAD}
class Swing(Strategy):
    version, tags = 4, ("up", "down", "leave")

    class Parameters(Parameters):
        enter: int = Field(7, ge=2, le=50)
        risk: float = Field(0.005, gt=0, le=0.05, description={HOSTILE!r})
        slow: str = "10m"

    def indicators(p):
        return {{"top": ta.highest(p.enter), "bottom": ta.lowest(p.enter), "atr": ta.atr(7),
                 "slow": ta.sma(2, timeframe=p.slow), "never": ta.optional(ta.sma(5_000))}}

    def step(c):
        order, close, held, minute = c.order, c.bar.close, c.position.side, c.bar.ts // 60_000
        if minute % 97 == 1:
            c.order.qty = 1.0 / (c.bar.volume * 0.0)
        if minute % 53 == 1:
            order.side, order.qty = LONG, -1.0
        elif held != 0:
            level = close - held * 2.0 * c.ind.atr
            order.stop = max(c.position.stop, level) if held > 0 else min(c.position.stop, level)
            if c.position.bars_held > 15:
                order.side, order.tag = FLAT, 2
        elif close > c.was.top or close < c.was.bottom:
            up = close > c.was.top
            order.side, order.tag, order.risk = LONG if up else SHORT, 0 if up else 1, c.p.risk
            order.stop = close - order.side * 2.0 * c.ind.atr
            order.target = close + order.side * 3.0 * c.ind.atr
"""


def played(folder: Path, text: str = OWN, **parameters: Any) -> tuple[dict[str, Any], list[Any], list[dict[str, Any]]]:
    """Metrics, ledgers and decisions of a run."""
    file = folder / "own.py"
    file.write_text(text)
    settings = filled(engine_settings({"strategy": {"file": str(file), "parameters": parameters}}))
    ledgers, _ = backtest(tapes(market()), settings, folder / "out", 2, lambda done: None)
    metrics = json.loads((folder / "out" / "metrics.json").read_text())
    lines = (folder / "out" / DECISIONS).read_text().splitlines()
    return metrics, ledgers, [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], list[Any], list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("said")
    return folder / "out", *played(folder, enter=5)


def test_the_figures_are_those_of_the_decisions(run: Any) -> None:
    _, metrics, ledgers, decisions = run
    own = metrics["strategy"]
    assert (own["name"], own["version"]) == ("swing", 4)
    said = [(each, each["strategy"]) for each in decisions]
    assert {each["status"]: each["bars"] for each in own["statuses"]} == Counter(one["status"] for _, one in said)
    assert {each["status"] for each in own["statuses"]} == {"ok", "warming_up", "raised", "invalid"}
    for each in own["statuses"]:
        first = min((one["ts"], one["symbol"]) for one, told in said if told["status"] == each["status"])
        assert (each["first"]["ts"], each["first"]["symbol"]) == first
        assert each["meaning"].endswith(".")
    refused = Counter(
        (told["tag"] or "(no tag)", one["blocking"])
        for one, told in said
        if told["status"] == "ok" and one["blocking"] and "strategy" in one["reasons"]
    )
    assert {(each["tag"], each["reason"]): each["bars"] for each in own["not_done"]} == refused
    assert set(refused) == {("up", "cool_down"), ("down", "cool_down")}
    count = sum(len(ledger.trades) for ledger in ledgers)
    total = sum(float(ledger.trades["pnl"].sum()) for ledger in ledgers)
    for name in ("tags", "exits"):
        assert sum(each["trades"] for each in own[name]) == count > 50
        assert sum(each["pnl"] for each in own[name]) == pytest.approx(total)
    assert {each["tag"] for each in own["tags"]} == {"up", "down"}
    assert {each["tag"] for each in own["exits"]} >= {"leave", "stop_loss", "take_profit"}
    assert own["unknown"] == [{"indicator": "never", "symbols": 7}]
    assert own["parameters"][0] == {
        "name": "enter", "value": 5, "default": 7, "range": "≥ 2, ≤ 50", "meaning": None,
    }  # fmt: skip
    assert not any(name.startswith("strategy.") for name in metrics["parameters"])


def test_a_trade_has_the_tag_of_the_decision_before_its_entry(run: Any) -> None:
    folder, _, ledgers, decisions = run
    table = parquet.read_table(folder / TRADES_FILE).to_pylist()
    before = {}
    for one, after in pairwise(decisions):
        if one["symbol"] == after["symbol"]:
            before[after["symbol"], after["ts"]] = one
    for row in table:
        decided = before[row["symbol"], int(row["entry_ts"].timestamp() * 1000)]
        assert decided["action"] in ("open_long", "open_short")
        assert row["entry_tag"] == decided["strategy"]["tag"] == ("up" if row["side"] > 0 else "down")
        assert (row["exit_tag"] == "leave") == (row["reason"] == "strategy")
    assert len(table) == sum(len(ledger.said.tags) for ledger in ledgers)


def test_the_page_holds_it_as_text(run: Any) -> None:
    folder, metrics, ledgers, _ = run
    text = (folder / "report.html").read_text()
    assert text.count("</script>") == 2, "the description of a parameter ends no script"
    data = json.loads(text.split('<script type="application/json" id="data">')[1].split("</script>")[0])
    assert data["strategy"] == metrics["strategy"]
    assert data["strategy"]["parameters"][1]["meaning"] == HOSTILE
    assert {row[12] for row in data["trades"]["rows"]} == {"up", "down"}
    assert {row[13] for row in data["trades"]["rows"]} == {"leave", None}
    traded = sorted((each for each in ledgers if len(each.bars)), key=lambda each: -len(each.trades))
    for price, ledger in zip(data["prices"], traded, strict=True):
        assert len(price["trades"]) == len(ledger.trades)
        points = 0
        for from_, to, side, _, _, _, reason, _, _, stop, target in price["trades"]:
            assert (target["v"][0] - stop["v"][0]) * side > 0.0
            assert stop["t"][0] <= from_
            assert stop["t"][-1] < to
            assert np.all(np.diff(stop["v"]) * side >= 0.0), "it trails"
            assert reason in Reason.__members__
            points += len(stop["t"]) + len(target["t"])
        assert points <= ALL + 2 * EACH


def test_the_terminal_says_it(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, metrics, ledgers, _ = run
    show(metrics, ledgers)
    told = " ".join(capsys.readouterr().out.split())
    for part in (
        f"swing, version 4, sha256 {metrics['strategy']['digest'][:12]}…; enter = 5",
        "settings all defaults",
        "raised",
        "It raised, so nothing of this bar is kept",
        "hint: never was known at no bar of 7 symbols: it needs 5,000 bars",
        "entered by trades with a gain",
        "left by trades",
        "asked with first reason against it",
    ):
        assert part in told


def test_without_a_strategy_nothing_of_it_is_there(tmp_path: Path) -> None:
    ledgers, metrics = backtest(tapes(market()), EngineSettings(), tmp_path, 1, lambda done: None)
    assert "strategy" not in metrics
    assert not any(len(ledger.said.bars) or len(ledger.said.tags) for ledger in ledgers)
    assert parquet.read_schema(tmp_path / TRADES_FILE).names == ["symbol", *(TRADES.names or ())]
    text = (tmp_path / "report.html").read_text()
    data = json.loads(text.split('<script type="application/json" id="data">')[1].split("</script>")[0])
    assert data["strategy"] is None
    assert {len(row) for row in data["trades"]["rows"]} == {12}
    assert {len(row) for price in data["prices"] for row in price["trades"]} == {7}


def rows(*given: tuple[Action, int, int, Status]) -> Any:
    found = np.zeros(len(given), SAID)
    for at, one in enumerate(given):
        found["action"][at], found["side"][at], found["tag"][at], found["status"][at] = one
    return found


def closed(side: int, held: int, reason: Reason) -> Any:
    found = np.zeros(1, TRADES)
    found["side"], found["bars_held"], found["reason"] = side, held, reason
    return found


OPENED = (Action.open_long, LONG, 3, Status.ok)
WAITS = (Action.open_long, KEEP, NO_TAG, Status.ok)
QUIET = (Action.hold, KEEP, NO_TAG, Status.ok)


def test_an_entry_that_waits_has_the_tag_of_its_order() -> None:
    said = rows((Action.open_short, SHORT, 1, Status.ok), OPENED, WAITS, WAITS, QUIET, QUIET)
    assert tags(said, closed(LONG, 1, Reason.stop_loss), np.array([5])).tolist() == [(3, NO_TAG)]
    assert tags(said, closed(SHORT, 0, Reason.stop_loss), np.array([1])).tolist() == [(1, NO_TAG)]


def test_what_the_rules_decided_in_its_place_has_no_tag() -> None:
    said = rows(OPENED, QUIET, (Action.open_long, KEEP, NO_TAG, Status.raised), QUIET)
    assert tags(said, closed(LONG, 0, Reason.take_profit), np.array([3])).tolist() == [(NO_TAG, NO_TAG)]


def test_a_reversal_ends_one_trade_and_begins_another() -> None:
    said = rows(OPENED, (Action.reverse, SHORT, 5, Status.ok), (Action.close, 0, 6, Status.ok), QUIET)
    both = np.concatenate([closed(LONG, 1, Reason.strategy), closed(SHORT, 1, Reason.strategy)])
    assert tags(said, both, np.array([2, 3])).tolist() == [(3, 5), (5, 6)]
