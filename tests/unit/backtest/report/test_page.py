"""The page holds what the run says, needs no network, and shows a hostile symbol as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.backtest.market import market
from worker.backtest.metrics.metrics import summary
from worker.backtest.player import Player
from worker.backtest.report import render
from worker.backtest.report.thinning import extremes
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings

HOSTILE = b"</script><script>alert(1)</script>"


class _Page(HTMLParser):
    """Collects element names, links, and the data."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.data = ""
        self._in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self._in_data = ("id", "data") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data


def test_a_page_shows_the_run_without_network() -> None:
    settings = EngineSettings()
    player = Player(settings)
    hostile = [
        (HOSTILE, (value or b"").replace(b"SIM0001", HOSTILE), ts) for key, value, ts in market() if key == b"SIM0001"
    ]
    ledgers = [player.play(tape) for tape in tapes([*market(), *hostile])]
    metrics = summary(ledgers, settings, inputs=["</script>.csv"])
    text = render(ledgers, metrics, settings)
    page = _Page()
    page.feed(text)
    told = msgspec.json.decode(page.data)
    assert told["portfolio"]["strategy"]["trades"] == metrics["portfolio"]["strategy"]["trades"] > 0
    assert {row["symbol"] for row in told["rows"]} == set(metrics["symbols"])
    assert sum(sum(counts) for _, counts in told["rejections"]["series"]) == metrics["rejections"]
    assert told["about"]["inputs"] == ["</script>.csv"]
    assert told["verdicts"] == metrics["verdicts"]
    assert told["returns"] == msgspec.json.decode(msgspec.json.encode(metrics["returns"]))
    listed = told["trades"]
    assert listed["all"] == len(listed["rows"]) == metrics["portfolio"]["strategy"]["trades"]
    assert [row[2] for row in listed["rows"]] == sorted((row[2] for row in listed["rows"]), reverse=True)
    assert render(ledgers, metrics, settings) == text
    assert told["blocks"]["all"]["bars"] == metrics["decisions"]
    assert {gate["reason"] for gate in told["blocks"]["all"]["gates"]} >= {"signal_weak", "warmup", "cool_down"}
    assert 'id="blocks"' in text
    assert "function blocks(" in text
    assert page.names.count("script") == 2
    assert page.links == ["data:,"]
    assert re.findall(r"https?://[^\s\"']+", text) == ["http://www.w3.org/2000/svg"]


def test_nothing_runs_before_all_is_declared() -> None:
    text = render([], summary([], EngineSettings()), EngineSettings())
    script = text[text.index("<script>") :]
    first = script.index("\nabout();\n")
    declared = [each.start() for each in re.finditer(r"^(?:const|let) ", script, re.MULTILINE)]
    assert len(declared) > 20
    assert [script[at:].partition(" =")[0] for at in declared if at > first] == ["let width"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 40))
def test_thinning_loses_no_extreme_of_any_column(values: list[float], columns: int) -> None:
    times = np.cumsum(np.arange(len(values)) % 7 + 1) * 1_000
    series = np.array(values)
    kept = extremes(times, series, columns)
    assert kept.size <= max(2 * columns + 2, 2)
    assert (np.diff(kept) > 0).all()
    assert {0, len(values) - 1} <= set(kept.tolist())
    column = np.minimum((times - times[0]) * columns // max(int(times[-1] - times[0]), 1), columns - 1)
    for one in np.unique(column):
        inside = series[column == one]
        thinned = series[kept[column[kept] == one]]
        assert (thinned.min(), thinned.max()) == (inside.min(), inside.max())
