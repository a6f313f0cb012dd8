"""Scores of one series, and of all series together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.bench.reliability.said import Outcomes, Said
from worker.engine.scoring.labels import HORIZON
from worker.models.scores import Column, brier, expected_calibration_error

FEWEST = 500  # labels of a series that is scored
LIMIT = 0.05  # of the calibration error, the goal
DRAWS = 200
SPEAKERS = ("rules", "online", "onnx")


class Forecasts(NamedTuple):
    """Stated probabilities (n,) and whether what they speak of came true."""

    p: Column
    true: NDArray[np.int64]

    def where(self, kept: NDArray[np.bool_]) -> Forecasts:
        """Some of them."""
        return Forecasts(self.p[kept], self.true[kept])


class Scored(NamedTuple):
    """One series over the bars that every speaker but the online model had an answer for."""

    name: str
    said: dict[str, Forecasts]  # by speaker, and `raw`: the rules' confidence before calibration
    base: Forecasts
    heard: NDArray[np.bool_]  # where the online model spoke

    @property
    def base_heard(self) -> Forecasts:
        """The base rate over the bars where the online model spoke."""
        return self.base.where(self.heard)


def scored(name: str, rules: Said, online: Said, onnx: Column, truth: Outcomes) -> Scored | None:
    """The forecasts that are compared; None with fewer than FEWEST labels.

    The rules state that their direction is right, the models that the price rises: each is judged by what it states.
    """
    kept = truth.known & np.isfinite(rules.confidence) & np.isfinite(onnx)
    if kept.sum() < FEWEST:
        return None
    up = truth.up[kept]
    right = ((rules.final[kept] > 0.0) == (up == 1)).astype(np.int64)
    heard = np.isfinite(online.online[kept])
    said = {
        "rules": Forecasts(rules.confidence[kept], right),
        "raw": Forecasts(rules.raw[kept], right),
        "online": Forecasts(online.online[kept], up).where(heard),
        "onnx": Forecasts(onnx[kept], up),
    }
    return Scored(name, said, Forecasts(truth.base[kept], up), heard)


def together(each: Sequence[Scored]) -> Scored:
    """All series as one."""
    names = each[0].said
    return Scored(
        "all",
        {name: _joined([one.said[name] for one in each]) for name in names},
        _joined([one.base for one in each]),
        np.concatenate([one.heard for one in each]),
    )


def _joined(parts: Sequence[Forecasts]) -> Forecasts:
    return Forecasts(*map(np.concatenate, zip(*parts, strict=True)))


def error(said: Forecasts) -> float:
    """Expected calibration error; NaN where nothing was said."""
    return expected_calibration_error(said.true, said.p) if len(said.p) else float("nan")


def score(said: Forecasts) -> float:
    """Brier score; NaN where nothing was said."""
    return brier(said.true, said.p) if len(said.p) else float("nan")


def chance(said: Forecasts) -> tuple[float, float]:
    """(mean, 95th percentile) of the calibration error that these probabilities would show if they were exactly right.

    Labels of neighbouring bars share all but one of their returns, so HORIZON of them in a row come true or not by one
    draw: a few hundred such draws never match their probabilities exactly.
    """
    if not len(said.p):
        return float("nan"), float("nan")
    rng, blocks = np.random.default_rng(1), len(said.p) // HORIZON + 1
    draws = (np.repeat(rng.random(blocks), HORIZON)[: len(said.p)] for _ in range(DRAWS))
    errors = [expected_calibration_error((u < said.p).astype(np.int64), said.p) for u in draws]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def figures(all_: Scored, each: Sequence[Scored]) -> Mapping[str, float]:
    """What goes to `results/calibration.json`."""
    found = {f"ece_{name}": error(all_.said[name]) for name in (*SPEAKERS, "raw")}
    found |= {f"brier_{name}": score(all_.said[name]) for name in SPEAKERS}
    errors = [error(one.said["rules"]) for one in each]
    by_chance = [chance(one.said["rules"])[1] for one in each]
    return found | {
        "brier_base_rate": score(all_.base),
        "brier_base_rate_where_online": score(all_.base_heard),
        "labels": float(len(all_.base.p)),
        "labels_online": float(all_.heard.sum()),
        "series": float(len(each)),
        "series_ece_rules_within_0.05": float(sum(one <= LIMIT for one in errors)),
        "series_ece_rules_within_chance": float(sum(a <= b for a, b in zip(errors, by_chance, strict=True))),
        "ece_rules_worst_series": max(errors),
    }
