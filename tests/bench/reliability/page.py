"""The table of `docs/models.md` and the picture beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from tests.bench import document
from tests.bench.reliability import chart
from tests.bench.reliability.judge import SPEAKERS, Forecasts, Scored, chance, error, score

PAGE, PICTURE = Path("docs/models.md"), Path("docs/models-calibration.svg")
HEAD = (
    "| series | labels | base rate: Brier | rules: Brier | ECE | by chance | raw | "
    "ONNX: Brier | ECE | by chance | online: labels | Brier | base rate there | ECE |"
)
RULE = f"|---|{'---:|' * 13}"


def lines(each: Sequence[Scored]) -> list[str]:
    """The table, one series a line."""
    return [HEAD, RULE, *map(_line, each)]


def write(each: Sequence[Scored], all_: Scored) -> None:
    """Write table and picture anew."""
    text = [*lines([*each, all_]), "", f"![Reliability of stated probabilities]({PICTURE.name})"]
    document.fill("calibration", "\n".join(text), PAGE)
    PICTURE.write_text(chart.svg({name: all_.said[name] for name in SPEAKERS}))


def _line(one: Scored) -> str:
    rules, online, onnx = (one.said[name] for name in SPEAKERS)
    cells = [f"{len(one.base.p):,}", _number(score(one.base))]
    cells += [_number(score(rules)), _number(error(rules)), _range(rules), _number(error(one.said["raw"]))]
    cells += [_number(score(onnx)), _number(error(onnx)), _range(onnx)]
    cells += [f"{len(online.p):,}", *(_number(x) for x in (score(online), score(one.base_heard), error(online)))]
    return f"| {one.name} | {' | '.join(cells)} |"


def _range(said: Forecasts) -> str:
    return "–".join(map(_number, chance(said)))


def _number(x: float) -> str:
    return "" if math.isnan(x) else f"{x:.3f}"
