"""Calls of the user's objects in place of the engine's parts; where one fails, the built-in's value stays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from schemas.decision import Model
from worker.engine.reasons import Reason
from worker.engine.rounding import floor_to_step
from worker.engine.scoring.model import OK, blend
from worker.engine.stages.features import FEATURE_NAMES
from worker.engine.stages.regime import Regime
from worker.engine.stages.signal.ensemble import raw_confidence
from worker.inprocess.errors import PipelineError
from worker.inprocess.objects.deciding import DECISION, RISK, SIGNAL, SIZING
from worker.inprocess.objects.integrations import Features, Integrations
from worker.inprocess.point import DataPoint

MODEL_FALLBACK = 1 << Reason.model_fallback
KNOWN = frozenset(FEATURE_NAMES)
REGIMES = {code.name: int(code) for code in Regime}
RISKS = ("sigma_ann", "var99", "es99", "dd", "g", "g_held", "budget", "notional_cap", "liquidity_cap")
T = TypeVar("T")


class Note(NamedTuple):
    """Effects of the user objects on one point."""

    replaced: list[str]  # integrations whose value is in the result
    degraded: list[str]  # integrations that failed, so that the built-in applied
    extra: dict[str, float]  # features unknown to the engine
    model: list[Any]  # [Model, probability] once a model was asked


class _OutOfRange(ValueError):
    """A value that no built-in could return."""


class _NotANumber(ValueError):
    """A value that is not a number."""


class Overrides:
    """The user's objects over the rows of one batch. `report` gets every failure.

    `model_weight` is the share of the user's model in `final`: `engine.signal.model_weight`.
    """

    def __init__(
        self, given: Integrations, report: Callable[[str, Exception, str], PipelineError], model_weight: float
    ) -> None:
        given.check()
        self.given, self._report, self._model_weight = given, report, model_weight

    def observed(self, point: DataPoint, out: Any, note: Note) -> None:
        """Replace features, regime and timeframes, between `observe` and `decide`."""
        if extractor := self.given.feature_extractor:
            found = self._ask("feature_extractor", point, note, lambda: _features(extractor.extract(point, named(out))))
            for name, value in (found or {}).items():
                if name in KNOWN:
                    out["features"][name] = value
                else:
                    note.extra[name] = value
        if detector := self.given.market_regime_detector:
            code = self._ask("market_regime_detector", point, note, lambda: _regime(detector.detect(point, named(out))))
            if code is not None:
                out["regime"]["code"] = code
        if fusion := self.given.multi_timeframe_fusion:
            mtf = self._ask(
                "multi_timeframe_fusion", point, note, lambda: _within(fusion.fuse(point, named(out)), -1.0, 1.0)
            )
            if mtf is not None:
                out["timeframes"]["mtf"] = mtf

    def decide(self, point: DataPoint, out: Any, inst: Any, note: Note, part: Callable[[int], None]) -> None:
        """Run the deciding half of one accepted bar, stage by stage."""
        part(SIGNAL)
        self._model(point, out, note)
        part(RISK)
        self._risk(point, out, note)
        part(SIZING)
        self._size(point, out, inst, note)
        part(DECISION)
        if note.model and note.model[0].status != "ok":
            out["decision"]["reasons"] |= MODEL_FALLBACK

    def _model(self, point: DataPoint, out: Any, note: Note) -> None:
        registry = self.given.model_registry
        if registry is None:
            return
        signal, status, p = out["signal"], "ok", None
        if not signal["ready"]:
            status = "features_not_ready"
        else:
            failures: list[Exception] = []
            p = self._ask(
                "model_registry", point, note, lambda: _within(registry.predict(point, named(out)), 0.0, 1.0), failures
            )
            if p is None:
                status = _status(failures[0])
        if p is None and out["model"]["online"] and out["model"]["status"] == OK:
            return  # the symbol's own model answers, and the decision names it
        note.model[:] = [_card(registry, status), p]
        if p is not None and out["regime"]["code"] != Regime.crisis:
            final = blend(float(signal["score"]), p, self._model_weight)
            signal["final"] = final
            quality = float(out["validation"]["score"])
            signal["conf_raw"] = signal["confidence"] = raw_confidence(final, float(signal["agreement"]), quality)

    def _risk(self, point: DataPoint, out: Any, note: Note) -> None:
        if manager := self.given.risk_manager:
            risk = out["risk"]
            figures = {name: float(risk[name]) for name in RISKS}
            factor = self._ask("risk_manager", point, note, lambda: _within(manager.assess(point, figures), 0.0, 1.0))
            if factor is not None:
                for name in ("g", "g_held", "g_ctl"):
                    risk[name] *= factor
                risk["blocked"] |= factor == 0.0

    def _size(self, point: DataPoint, out: Any, inst: Any, note: Note) -> None:
        if optimizer := self.given.position_sizing_optimizer:
            proposal = _proposal(out)
            qty = self._ask(
                "position_sizing_optimizer",
                point,
                note,
                lambda: _within(optimizer.optimize(point, proposal), 0.0, math.inf),
            )
            if qty is not None:
                _set_quantity(out, inst, abs(float(point.close)) * float(inst["multiplier"]), qty)

    def _ask(
        self, name: str, point: DataPoint, note: Note, call: Callable[[], T], failures: list[Exception] | None = None
    ) -> T | None:
        try:
            answer = call()
        except Exception as error:  # a user object may raise anything; the built-in then applies
            note.degraded.append(name)
            self._report(name, error, point.symbol)
            if failures is not None:
                failures.append(error)
            return None
        note.replaced.append(name)
        return answer


def new_note() -> Note:
    """Return a note of a point that no user object has changed."""
    return Note([], [], {}, [])


def named(out: Any) -> dict[str, float]:
    """Return the features of an output row by name, NaN until warm."""
    return dict(zip(FEATURE_NAMES, out["features"].item(), strict=True))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _NotANumber(f"{value!r} is no number") from None


def _within(value: Any, low: float, high: float) -> float:
    x = _number(value)
    if math.isnan(x):
        raise _NotANumber("the answer is NaN")
    if not low <= x <= high or math.isinf(x):
        raise _OutOfRange(f"{x!r} lies outside {low:g} to {high:g}")
    return x


def _features(found: Any) -> Features:
    if not isinstance(found, Mapping):
        raise _NotANumber(f"{type(found).__name__} is no mapping of features")
    values = {str(name): _number(value) for name, value in found.items()}
    for name, value in values.items():
        if math.isinf(value):
            raise _OutOfRange(f"the feature {name} is infinite")
    return values


def _regime(name: Any) -> int:
    if name not in REGIMES:
        raise _OutOfRange(f"{name!r} is no regime; known: {', '.join(REGIMES)}")
    return REGIMES[name]


def _status(error: Exception) -> Any:
    if isinstance(error, _OutOfRange):
        return "out_of_range"
    return "nan_output" if isinstance(error, _NotANumber) else "runtime_error"


def _card(registry: Any, status: Any) -> Model:
    name, version = (getattr(registry, field, None) for field in ("model_id", "version"))
    return Model(None if name is None else str(name), None if version is None else str(version), status)


def _proposal(out: Any) -> dict[str, float]:
    sizing = {name: float(out["sizing"][name]) for name in ("side", "qty", "stop", "target")}
    signal = {"final": float(out["signal"]["final"]), "confidence": float(out["calibration"]["confidence"])}
    return sizing | signal | {name: float(out["risk"][name]) for name in ("budget", "notional_cap", "liquidity_cap")}


def _set_quantity(out: Any, inst: Any, unit: float, wanted: float) -> None:
    sizing, risk = out["sizing"], out["risk"]
    liquidity = float(risk["liquidity_cap"])
    limits = float(risk["notional_cap"]), liquidity if liquidity > 0.0 else 0.0
    tradable = unit > 0.0 and sizing["side"] != 0 and not math.isnan(sizing["stop"])
    qty = floor_to_step(min(wanted, *(limit / unit for limit in limits)), float(inst["lot"])) if tradable else 0.0
    sizing["capped"], sizing["illiquid"] = (tradable and wanted > limit / unit for limit in limits)
    small = not qty > 0.0 or qty < inst["min_qty"] or qty * unit < inst["min_notional"]
    sizing["below_min"], sizing["qty"] = small, 0.0 if small else qty
