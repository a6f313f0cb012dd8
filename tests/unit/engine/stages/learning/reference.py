"""The online learner of one symbol over plain lists, with river's detectors: what the stage must equal."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import drift

HORIZON, COST = 12, 2 * (5e-4 + 2e-4)


class Prediction(NamedTuple):
    """What the reference says of a bar; `raw` whatever the status."""

    raw: float
    status: str
    labels: int
    loss: float
    base_loss: float
    weight: float
    drift: bool


class Fading:
    """A mean that is plain at first."""

    def __init__(self, decay: float) -> None:
        self.n, self.decay = 0, decay
        self.value: Any = np.nan

    def add(self, x: Any) -> None:
        self.n += 1
        share = max(1 / self.n, 1 - self.decay)
        self.value = x if self.n == 1 else (1 - share) * self.value + share * x


class Learner:
    """FTRL-Proximal, McMahan et al. (2013), alpha .05, beta 1, l1 0, l2 1."""

    def __init__(self, size: int) -> None:
        self.z, self.n = np.zeros(size), np.zeros(size)

    def predict(self, x: NDArray[np.float64]) -> float:
        weights = -self.z / ((1 + np.sqrt(self.n)) / 0.05 + 1)
        return float(1 / (1 + np.exp(-x @ weights)))

    def learn(self, x: NDArray[np.float64], y: float) -> None:
        g = (self.predict(x) - y) * x
        weights = -self.z / ((1 + np.sqrt(self.n)) / 0.05 + 1)
        self.z += g - (np.sqrt(self.n + g * g) - np.sqrt(self.n)) / 0.05 * weights
        self.n += g * g


class Reference:
    """One symbol; `advance` takes the inputs and the close of a bar, and whether the price reference broke there."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.examples: list[Any] = []  # (x or None, close, probability or None) of every bar
        self.mean = Fading(0.998)
        self.drifts = self.halvings = 0
        self.begin()

    def begin(self) -> None:
        self.model = Learner(self.inputs + 1)
        self.labels: list[float] = []
        self.loss, self.base = Fading(0.99), Fading(0.99)
        self.detectors = [drift.PageHinkley(), drift.ADWIN()]

    def judge(self, probability: float, y: float) -> bool:
        rate = (sum(self.labels) + 1) / (len(self.labels) + 2)
        self.loss.add(-np.log(probability if y else 1 - probability))
        self.base.add(-np.log(rate if y else 1 - rate))
        for detector in self.detectors:
            detector.update(float((probability >= 0.5) != bool(y)))
        return any(detector.drift_detected for detector in self.detectors)

    def mature(self, close: float) -> bool:
        example: Any = self.examples[-HORIZON] if len(self.examples) >= HORIZON else (None, 0, None)
        x, before, probability = example
        r = np.log(close / before) if x is not None else 0.0
        if abs(r) <= COST:
            return False
        y, drifted = float(r > 0), False
        if probability is not None and self.judge(probability, y):
            drifted = True
            self.drifts += 1
            self.halvings += 1
            self.begin()
            self.examples = [(*example[:2], None) for example in self.examples]
        self.model.learn(x, y)
        self.labels.append(y)
        if len(self.labels) % 1_000 == 0:
            self.halvings = max(0, self.halvings - 1)
        return drifted

    def take(self, values: NDArray[np.float64], close: float) -> float:
        if np.isnan(values).any():
            self.examples.append((None, close, None))
            return float("nan")
        self.mean.add(values)
        share = max(1 / self.mean.n, 1 - self.mean.decay)
        if self.mean.n == 1:
            self.variance, self.centre = np.zeros_like(values), values
        else:
            self.variance = (1 - share) * self.variance + share * (1 - share) * (values - self.centre) ** 2
            self.centre = self.mean.value
        sd = np.sqrt(self.variance)
        safe = np.where(sd > 1e-12 * np.abs(self.centre), sd, np.inf)
        z = np.clip((values - self.centre) / safe, -5, 5).astype(np.float32).astype(float)
        x = np.append(z, 1.0)
        probability = self.model.predict(x)
        self.examples.append((x, close, probability))
        return probability

    def status(self, raw: float) -> str:
        if np.isnan(raw):
            return "features_not_ready"
        if len(self.labels) < 200:
            return "drift_disabled" if self.drifts else "warming_up"
        return "ok" if self.loss.value < self.base.value else "no_skill"

    def advance(self, values: NDArray[np.float64], close: float, broken: bool) -> Prediction:
        if broken:
            self.examples = [(None, before, None) for _, before, _ in self.examples]
        drifted = self.mature(close)
        raw = self.take(values, close)
        status = self.status(raw)
        weight = 0.5 / 2**self.halvings if status == "ok" else 0.0
        return Prediction(raw, status, len(self.labels), self.loss.value, self.base.value, weight, drifted)
