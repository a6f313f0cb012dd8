"""The stage's step: learn from the bar whose label is due, then predict (domain §7.4)."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary.logistic import sigmoid
from worker.engine.kernel import embedded
from worker.engine.scoring.labels import HORIZON, outcome, round_trip
from worker.engine.scoring.model import DRIFT_DISABLED, FEATURES_NOT_READY, NO_SKILL, NOT_CONFIGURED, OK, WARMING_UP
from worker.engine.stages.learning import drift, ftrl, passive_aggressive, scaling, skill
from worker.engine.stages.learning.inputs import COUNT, gather
from worker.engine.stages.learning.linear import WEIGHTS, margin
from worker.engine.stages.learning.settings import FTRL

MOST_HALVINGS = 10

# A bar without a label yet.
EXAMPLE = np.dtype(
    [
        ("close", "f8"),
        ("probability", "f8"),  # of a rise, as predicted then; NaN when the prediction came from an earlier model
        ("x", "f4", (COUNT,)),  # the standardised inputs
        ("filled", "?"),
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("bars", "i8"),
        ("labels", "i8"),  # learned since the model started or restarted
        ("rises", "i8"),  # labels that were rises
        ("halvings", "i8"),  # halvings of the model's weight after drifts
        ("drifts", "i8"),
        ("examples", EXAMPLE, (HORIZON,)),
        ("scaling", scaling.STATE),
        ("model", ftrl.STATE),
        ("skill", skill.STATE),
        ("drift", drift.STATE),
    ],
    align=True,
)
OUTPUT = np.dtype(
    [
        ("probability", "f8"),  # of a rise, given a move beyond the cost; NaN unless the status is ok
        ("weight", "f8"),  # of 2·probability - 1 in the final score; 0 unless the status is ok
        ("loss", "f8"),  # fading log loss of the model, NaN before the first judged prediction
        ("base_loss", "f8"),  # and of the base rate
        ("labels", "i8"),
        ("status", "u1"),  # worker.engine.scoring.model.Status
        ("drift", "?"),  # found at this bar
    ],
    align=True,
)


@embedded
def _silence(result: Any) -> None:
    result.probability = math.nan
    result.weight = 0.0
    result.loss = math.nan
    result.base_loss = math.nan
    result.labels = 0
    result.status = NOT_CONFIGURED
    result.drift = False


@embedded
def _forget_examples(own: Any) -> None:
    for i in range(HORIZON):
        own.examples[i].filled = False


@embedded
def _begin_anew(own: Any) -> None:
    """Restart the model after a drift; the predictions of the old one do not count for it."""
    own.labels = 0
    own.rises = 0
    own.drifts += 1
    own.halvings = min(own.halvings + 1, MOST_HALVINGS)
    skill.reset(own.skill)
    for i in range(WEIGHTS):
        own.model.weights[i] = 0.0
        own.model.z[i] = 0.0
        own.model.n[i] = 0.0
    for i in range(HORIZON):
        own.examples[i].probability = math.nan


@embedded
def _drifted(own: Any, probability: float, up: bool, p: Any) -> bool:
    """Judge a prediction by its label; return whether the model's errors have changed."""
    if math.isnan(probability):
        return False
    skill.judge(own.skill, probability, (own.rises + 1.0) / (own.labels + 2.0), up, p.loss_decay)
    return drift.update(own.drift, (probability >= 0.5) != up)


@embedded
def _learn(own: Any, x: Any, up: bool, p: Any) -> None:
    if p.method == FTRL:
        ftrl.learn(own.model, x, up, p)
    else:
        passive_aggressive.learn(own.model, x, up, p)
    own.labels += 1
    own.rises += up
    if own.labels % p.recovery_labels == 0 and own.halvings > 0:
        own.halvings -= 1


@embedded
def _mature(own: Any, example: Any, close: float, cost: float, p: Any) -> bool:
    """Learn from the example whose label the close decides; return whether the model has drifted."""
    if not example.filled:
        return False
    side = outcome(example.close, close, cost)
    if side == 0:
        return False
    drifted = _drifted(own, example.probability, side > 0, p)
    if drifted:
        _begin_anew(own)
    _learn(own, example.x, side > 0, p)
    return drifted


@embedded
def _take(own: Any, example: Any, features: Any, close: float) -> bool:
    """Make this bar an example with a prediction; return False when an input is not ready."""
    ready = gather(features, own.scaling.values)
    example.filled = ready
    if ready:
        scaling.advance(own.scaling)
        scaling.standardise(own.scaling, example.x)
        example.close = close
        example.probability = sigmoid(margin(own.model.weights, example.x))
    return ready


@embedded
def _status(own: Any, ready: bool, p: Any) -> int:
    if not ready:
        return FEATURES_NOT_READY
    if own.labels < p.min_labels:
        return DRIFT_DISABLED if own.drifts > 0 else WARMING_UP
    return OK if own.skill.count > 0 and own.skill.loss < own.skill.base_loss else NO_SKILL


@embedded
def _answer(own: Any, result: Any, probability: float, p: Any) -> None:
    result.labels = own.labels
    if own.skill.count > 0:
        result.loss = own.skill.loss
        result.base_loss = own.skill.base_loss
    if result.status == OK:
        result.probability = probability
        result.weight = p.omega / (1 << own.halvings)


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any, costs: Any) -> None:
    """Learn and predict for one accepted bar: write `state.learning` and `out.learning`; read `out.features`.

    `costs` are execution's parameters. A window of bars with a level shift or an expired reference gives no label: its
    return is not the market's, and the result of a trade in it is suspect (domain §1.5).
    """
    own, result = state.learning, out.learning
    _silence(result)
    if not p.enabled:
        return
    if out.validation.shift or out.validation.expired:
        _forget_examples(own)
    example = own.examples[own.bars % HORIZON]
    result.drift = _mature(own, example, bar.close, round_trip(costs.rows[inst.class_row]), p)
    ready = _take(own, example, out.features, bar.close)
    own.bars += 1
    result.status = _status(own, ready, p)
    _answer(own, result, example.probability, p)
