"""The map holds each try in its cell, marks the best and the plateau, and leaves empty what was not tried."""

from __future__ import annotations

import math
import re
from itertools import product
from statistics import mean, median
from typing import Any

import msgspec
import numpy as np

from worker.backtest.report.heat import Grid, axis, best, heat_map, smoothed, varying
from worker.backtest.report.sweep_page import LISTED, SHOWN, ranked, render_sweep
from worker.backtest.sweeping.walking import walk_forward

FAST, SLOW = "strategy.parameters.fast", "strategy.parameters.slow"


def figures(sharpe: float) -> dict[str, Any]:
    return dict.fromkeys(SHOWN, sharpe) | {"trades": 7}


def test_each_try_is_in_its_cell() -> None:
    choices = [{FAST: fast, SLOW: slow, "fee": 0} for fast, slow in product([20, 5], [100, 50, 10.5])]
    rows = [figures(choice[FAST] + choice[SLOW]) for choice in choices]
    found = heat_map(choices, rows, FAST, SLOW)
    assert (found["across"], found["up"]) == (["5", "20"], ["10.5", "50", "100"])
    assert found["figures"]["sharpe"]["grid"] == [[15.5, 30.5], [55.0, 70.0], [105.0, 120.0]]
    assert found["figures"]["sharpe"]["best"] == (1, 2)
    assert found["figures"]["trades"]["best"] is None
    assert varying(choices) == [FAST, SLOW]


def test_what_was_not_tried_or_has_no_figure_is_empty() -> None:
    choices = [{"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 2, "b": 1}]
    found = heat_map(choices, [figures(1.0), figures(math.nan), figures(-2.0)], "a", "b")
    assert found["figures"]["sharpe"]["grid"] == [[1.0, -2.0], [None, None]]
    assert found["tries"] == [[1, 1], [0, 1]]
    assert found["figures"]["sharpe"]["best"] == (0, 0)
    assert found["figures"]["sharpe"]["plateau"] is None


def test_a_cell_of_several_tries_is_their_median() -> None:
    choices = [{"a": 1, "b": "x", "c": c} for c in range(4)] + [{"a": 1, "b": "y", "c": 0}]
    rows = [*map(figures, [1.0, math.nan, 9.0, 2.0]), figures(3.0)]
    found = heat_map(choices, rows, "a", "b")
    assert found["figures"]["sharpe"]["grid"] == [[2.0], [3.0]]
    assert found["tries"] == [[4], [1]]


def test_a_plateau_beats_a_peak() -> None:
    grid = np.zeros((7, 7))
    grid[1, 1] = 9.0
    grid[3:6, 3:6] = 2.0
    rows: Grid = [[float(value) for value in row] for row in grid]
    assert best(rows) == (1, 1)
    assert best(smoothed(rows, median), smoothed(rows, mean), rows) == (4, 4)
    choices = [{"a": a, "b": b} for b in range(7) for a in range(7)]
    found = heat_map(choices, [figures(value) for value in grid.reshape(-1).tolist()], "a", "b")
    assert (found["figures"]["sharpe"]["best"], found["figures"]["sharpe"]["plateau"]) == ((1, 1), (4, 4))


def test_an_axis_orders_numbers_and_leaves_all_else() -> None:
    assert axis([10, 9, 2.5, 10]) == ["2.5", "9", "10"]
    assert axis(["slow", "fast", "slow"]) == ["slow", "fast"]
    assert axis([True, False]) == ["True", "False"]
    assert axis([[2, 1], [1]]) == ["[2, 1]", "[1]"]


def test_the_best_come_first_and_those_without_a_figure_last() -> None:
    rows = [{"sharpe": value, "total_return": -value} for value in (math.nan, 1.0, 3.0, -1.0)]
    assert ranked(rows) == [2, 1, 3, 0]
    assert ranked(rows, "total_return") == [3, 1, 2, 0]


def test_the_page_holds_map_walk_and_tries_without_network() -> None:
    choices = [{FAST: fast, SLOW: slow} for fast, slow in product(range(20), ["</script>", "b", "c", "d"] * 4)]
    rows = [figures(number / 100) for number in range(len(choices))]
    returns = np.random.default_rng(1).normal(0.0, 0.01, (len(choices), 60))
    walk = walk_forward(returns, returns[0], np.arange(60), 3, 252)
    page = render_sweep(choices, rows, walk, {"input": "</script>"}, (FAST, SLOW), ["<b>"], "total_return")
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    data = msgspec.json.decode(text)
    assert data["map"]["up"] == ["</script>", "b", "c", "d"]
    assert data["map"]["others"] == []
    assert (data["by"], data["warnings"]) == ("total_return", ["<b>"])
    assert (len(data["tries"]["rows"]), data["tries"]["all"]) == (LISTED, 320)
    assert data["tries"]["rows"][0]["try"] == 319
    assert [step["settings"] for step in data["walk"]["steps"]] == [
        f"fast {choices[step.chosen][FAST]}, slow {choices[step.chosen][SLOW]}" for step in walk.steps
    ]
    assert data["walk"]["lines"]["walk-forward"]["v"][-1] == float(f"{100 * walk.result.total_return:.6g}")
    assert page.count("</script>") == 2
    assert set(re.findall(r'getElementById\("([^"]+)"\)', page)) == set(re.findall(r'\bid="(?!h-)([^"]+)"', page))
    assert '<label><input type="checkbox" id="beside"> buy and hold</label>' in page
    assert "Object.entries(lines).slice(0, beside.checked ? 2 : 1)" in page
    assert re.findall(r"https?://[^\s\"']+", page) == ["http://www.w3.org/2000/svg"]
    bare = render_sweep(choices[:1], rows[:1], walk_forward(returns[:1], returns[0], np.arange(60), 3, 252), {}, None)
    assert '"map":null' in bare
