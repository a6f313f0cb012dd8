"""The sizing methods: each returns a quantity in base units, 0 where it is undefined."""

from __future__ import annotations

from worker.engine.kernel import embedded

KELLY_SHARE = 0.25  # of the stake that maximises growth
KELLY_CAP = 0.10  # of the budget
KELLY_DOUBT = 200.0  # labels with the same weight as no knowledge
EVEN, CONFIDENT = 0.5, 0.3  # confidence of no position, and the excess for a full one


@embedded
def fixed_fractional(budget, fraction, distance, mult):  # type: ignore[no-untyped-def]
    """Return f·E_s/(|entry-stop|·mult): the stop costs the same fraction of the budget for every symbol."""
    loss = distance * mult
    return fraction * budget / loss if loss > 0.0 else 0.0


@embedded
def volatility_target(notional, unit):  # type: ignore[no-untyped-def]
    """Return the quantity at which the position has the target volatility [MM17]; `unit` = notional of one unit."""
    return notional / unit if notional > 0.0 and unit > 0.0 else 0.0


@embedded
def kelly(budget, p, labels, odds, loss):  # type: ignore[no-untyped-def]
    """Return a quarter of Kelly's stake f* = p - (1-p)/b of the budget, at most a tenth; 0 where f* is not positive.

    The stake is the cost of the stop, `loss` per unit (quote currency); `odds` b = distance of the target over that of
    the stop. `p` is shrunk towards 0.5 by n/(n+200) for its n = `labels` [Kel56, Tho06] (domain §9).
    """
    sure = 0.5 + (p - 0.5) * (labels / (labels + KELLY_DOUBT))
    stake = KELLY_SHARE * (sure - (1.0 - sure) / odds)
    return min(stake, KELLY_CAP) * budget / loss if stake > 0.0 and loss > 0.0 else 0.0


@embedded
def confidence_factor(confidence):  # type: ignore[no-untyped-def]
    """Return clip((conf - 0.5)/0.3, 0, 1) of a calibrated confidence (domain §9)."""
    size = (confidence - EVEN) / CONFIDENT
    return min(size, 1.0) if size > 0.0 else 0.0


@embedded
def score_factor(final, full_score):  # type: ignore[no-untyped-def]
    """Return clip(|final|/full_score, 0, 1): it replaces the confidence factor of domain §9 before 100 labels.

    clip((conf - 0.5)/0.3, 0, 1) reads its input as a calibrated probability. Before 100 labels there is none:
    conf_raw = √|final|·agreement·quality is below 0.5 for most entries, so the formula would size them to zero
    although the score alone gates them (decisions 24). The score itself is used instead, in proportion: with the
    defaults full size from 0.70, the entry threshold of a trend, and half of it at 0.35, that of a range.
    """
    size = abs(final) / full_score
    return min(size, 1.0) if size > 0.0 else 0.0
