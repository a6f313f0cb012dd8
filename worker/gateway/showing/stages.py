"""The stages of a decision, the reasons that come from each, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from worker.engine.reasons import Reason, Reject
from worker.gateway.log.values import Found, brief, number, text, texts

Value = float | str | None
R = Reason


class StageView(NamedTuple):
    """One stage: its reasons, the members that it shows, and its sentence where no reason speaks for it."""

    id: str
    title: str
    reasons: tuple[Reason, ...]
    shown: tuple[tuple[str, ...], ...]
    says: Callable[[Found], str | None]


def _quality(found: Found) -> str | None:
    level, score = text(found, "quality", "level"), number(found, "quality", "score")
    if level is None or score is None:
        return None
    meanings = [Reject[code].meaning for code in texts(found, "quality", "codes") if code in Reject.__members__]
    return " ".join([f"The bar's quality is {level.lower()} ({score:.2f}).", *meanings])


def _market(found: Found) -> str | None:
    regime, bucket, age = text(found, "regime"), text(found, "vol_bucket"), number(found, "regime_age")
    if regime is None:
        return None
    since = "" if age is None else f" for {brief(age)} bars"
    return f"The regime is {regime.replace('_', ' ')}{since}; volatility is {bucket or 'unknown'}."


def _signal(found: Found) -> str | None:
    final = number(found, "final")
    return None if final is None else f"The signal is {final:+.3f}, on a scale from -1 to 1."


def _model(found: Found) -> str | None:
    status, name = text(found, "model", "status"), text(found, "model", "id")
    if status in (None, "not_configured"):
        return None
    return f"The model {name or ''} answered: {status.replace('_', ' ')}.".replace("  ", " ")


def _strategy(found: Found) -> str | None:
    name, status = text(found, "strategy", "id"), text(found, "strategy", "status")
    tag = text(found, "strategy", "tag")
    if name is None:
        return None
    return f"The strategy {name} answered: {status}{f', {tag}' if tag else ''}."


def _risk(found: Found) -> str | None:
    sigma, scale = number(found, "risk", "sigma_ann"), number(found, "risk", "g")
    if scale is None:
        return None
    volatility = "not known yet" if sigma is None else f"{sigma:.1%} a year"
    return f"The volatility is {volatility}; sizes are scaled by {scale:.2f}."


def _controls(found: Found) -> str | None:
    own, every = number(found, "control_version"), number(found, "control_all_version")
    told = [f"record {own:.0f} of the symbol"] if own else []
    told += [f"record {every:.0f} of all symbols"] if every is not None else []
    return f"In force: {' and '.join(told)}." if told else None


def _size(found: Found) -> str | None:
    qty, notional = number(found, "qty"), number(found, "notional")
    return f"The order is of {brief(qty)}, worth {abs(notional or 0.0):,.2f}." if qty else None


def _position(found: Found) -> str | None:
    state, qty = text(found, "position", "state"), number(found, "position", "qty")
    if state is None:
        return None
    return "There is no position." if state == "flat" else f"The position is {state} {brief(qty or 0.0)}."


STAGES = (
    StageView(
        "data",
        "Data",
        (R.quality_gate, R.data_quarantine, R.level_shift, R.reference_expired),
        (("quality", "score"), ("quality", "level")),
        _quality,
    ),
    StageView("indicators", "Indicators", (R.warmup,), (), lambda found: "The indicators are warm."),
    StageView(
        "market",
        "Market",
        (R.crisis_block, R.regime_exit),
        (("regime",), ("vol_bucket",), ("regime_age",), ("p_turb",), ("mtf",), ("mtf_agreement",)),
        _market,
    ),
    StageView(
        "signal",
        "Signal",
        (R.signal_long, R.signal_short, R.signal_weak, R.hysteresis_hold, R.signal_flip, R.anomaly, R.drift),
        (("score",), ("model_prob",), ("final",), ("confidence",), ("agreement",)),
        _signal,
    ),
    StageView("model", "Model", (R.model_fallback,), (("model", "id"), ("model", "version")), _model),
    StageView("strategy", "Strategy", (R.strategy, R.strategy_fallback), (("strategy", "tag"),), _strategy),
    StageView(
        "position",
        "Position",
        (R.stop_loss, R.take_profit, R.trailing_stop, R.max_holding, R.cool_down, R.partial_fill, R.stale_order),
        tuple(("position", name) for name in ("state", "qty", "entry", "stop", "target", "unrealised", "bars_held")),
        _position,
    ),
    StageView(
        "risk",
        "Risk",
        (R.vol_gate, R.dd_limit),
        tuple(("risk", name) for name in ("sigma_ann", "var99", "es99", "dd", "g")),
        _risk,
    ),
    StageView(
        "controls",
        "Limits",
        (R.kill_switch, R.control_block, R.control_stale),
        (("control_version",), ("control_all_version",), ("risk", "g_ctl")),
        _controls,
    ),
    StageView(
        "size",
        "Size",
        (R.liquidity_gate, R.budget_cap, R.below_min_size),
        (("qty",), ("notional",), ("stop",), ("target",)),
        _size,
    ),
)
STAGE_OF = {reason.name: stage.id for stage in STAGES for reason in stage.reasons}
