"""Combination of the components to score, agreement and confidence, and the stage's step."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.scoring.model import OK, blend
from worker.engine.stages.signal.components import COMPONENTS, CORE, evaluate

CRISIS = 5  # regime code

OUTPUT = np.dtype(
    [
        ("score", "f8"),  # Σw·s/Σw over the components that are ready, [-1, 1]
        ("agreement", "f8"),  # |Σ w·sgn s| / Σ w over the components that are not 0, [0, 1]
        ("final", "f8"),  # the deciding value: the score, blended with a model's probability where one takes part
        ("conf_raw", "f8"),  # √|final| · agreement · quality score, [0, 1]
        ("confidence", "f8"),  # conf_raw; calibration is the identity before 100 labels
        ("components", "f8", (len(COMPONENTS),)),  # NaN = dropped
        ("contributions", "f8", (len(COMPONENTS),)),  # w·s/Σw
        ("ready", "?"),  # the core components and what sizing needs are warm
    ],
    align=True,
)


@embedded
def combine(s, weights, contributions):  # type: ignore[no-untyped-def]
    """Return (score, agreement) of the components `s`; fill `contributions`; drop NaN components (domain §7.1)."""
    total = weighted = signed = decided = 0.0
    for i in range(s.size):
        w = weights[i]
        if math.isnan(s[i]) or w == 0.0:
            continue
        total += w
        weighted += w * s[i]
        if s[i] != 0.0:
            decided += w
            signed += w if s[i] > 0.0 else -w
    for i in range(s.size):
        contributions[i] = math.nan if math.isnan(s[i]) or total <= 0.0 else weights[i] * s[i] / total
    if total <= 0.0:
        return math.nan, math.nan
    return weighted / total, abs(signed) / decided if decided > 0.0 else 0.0


@embedded
def silence(s, contributions):  # type: ignore[no-untyped-def]
    """Return (score, agreement) in a crisis: 0 whatever the components."""
    for i in range(s.size):
        contributions[i] = math.nan if math.isnan(s[i]) else 0.0
    return 0.0, 0.0


@embedded
def warm(s, features):  # type: ignore[no-untyped-def]
    """Return whether the core components, the ATR and the volatility are ready."""
    ready = not (math.isnan(features.atr_14) or math.isnan(features.vol_yz_20))
    for i in CORE:
        ready = ready and not math.isnan(s[i])
    return ready


@embedded
def _final(score, out, model_weight):  # type: ignore[no-untyped-def]
    """Return the score, blended with the model's probability except in a crisis."""
    if out.regime.code == CRISIS or out.model.status != OK:
        return score
    return blend(score, out.model.prob, out.learning.weight if out.model.online else model_weight)


@embedded
def raw_confidence(final, agreement, quality):  # type: ignore[no-untyped-def]
    """Return √|final|·agreement·quality score, [0, 1]."""
    return math.sqrt(abs(final)) * agreement * quality


@embedded
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Evaluate the rule ensemble for one accepted bar: write `out.signal`, keep no state."""
    signal = out.signal
    s = signal.components
    evaluate(s, out.features, out.patterns, out.timeframes, out.forecast)
    code = out.regime.code
    if code == CRISIS:
        score, agreement = silence(s, signal.contributions)
    else:
        score, agreement = combine(s, p.weights[code], signal.contributions)
    signal.score = score
    signal.agreement = agreement
    signal.final = _final(score, out, p.model_weight)
    signal.conf_raw = raw_confidence(signal.final, agreement, out.validation.score)
    signal.confidence = signal.conf_raw
    signal.ready = warm(s, out.features) and not math.isnan(score)
