"""Conversion of output rows to the records of the wire contract."""

from __future__ import annotations

import base64
import hashlib
import math
from collections import namedtuple
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from schemas import SCHEMA_VERSION, Decision, Rejection
from schemas.decision import Bar, Model, Position, Quality, Risk, Strategy, Timeframe
from schemas.rejection import MAX_PAYLOAD
from worker.engine import reasons
from worker.engine.asking.intent import MARKET, Status
from worker.engine.asking.settings import StrategySettings
from worker.engine.output.voices import Voices
from worker.engine.periods import close_time
from worker.engine.reasons import Reason, codes
from worker.engine.records.records import Records
from worker.engine.rounding import significant_of
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import ENGINE_VERSION, EngineSettings
from worker.engine.stages import decision, patterns, regime, timeframes, validation
from worker.engine.stages.features import FEATURE_NAMES, FEATURE_SET_VERSION
from worker.engine.stages.ingestion import Decoded
from worker.engine.stages.signal import COMPONENTS

# Rows by field name: a new field of an output needs no change here.
_Judged = namedtuple("_Judged", validation.OUTPUT.names or ())  # type: ignore[misc]
_Decided = namedtuple("_Decided", decision.OUTPUT.names or ())  # type: ignore[misc]
Judged: Any = _Judged
Decided: Any = _Decided
REGIME_FIELDS = [list(regime.OUTPUT.names or ()).index(name) for name in ("code", "vol_bucket", "age")]
SHAPES = (("candles", [c.name for c in patterns.CANDLES]), ("events", [e.name for e in patterns.EVENTS]))

TIMEFRAMES: tuple[Any, ...] = timeframes.TIMEFRAMES
TIMEFRAME_FIELDS = ("first", "end", "direction", "age_ms", "partial", "regime")
STATES: tuple[Any, ...] = ("flat", "long", "short")
REGIMES: tuple[Any, ...] = tuple(code.name for code in regime.Regime)
BUCKETS: tuple[Any, ...] = tuple(code.name for code in regime.Volatility)
ACTIONS: tuple[Any, ...] = tuple(action.name for action in decision.Action)
LEVELS: tuple[Any, ...] = reasons.LEVELS
REASONS = tuple(reason.name for reason in Reason)
STATUSES: tuple[Any, ...] = tuple(status.name for status in Status)
ENTRIES: tuple[Any, ...] = ("market", "limit", "stop")
DIGITS = 10  # significant digits of a published feature

Features = dict[str, float | None]


def _null(x: float) -> float | None:
    return None if math.isnan(x) else x


def _six(x: float) -> float | None:
    # Ratios of the observing half; the deciding half rounds its own (decisions 11).
    return None if math.isnan(x) else round(x * 1e6) / 1e6 + 0.0


class _Voice(NamedTuple):
    config_hash: str
    strategy: StrategySettings


class OutcomeBuilder:
    """Builder of decisions and rejections under one configuration.

    `names` are those of the engine's scorer; `voices` those of the strategies that a switch may bring.
    """

    def __init__(self, settings: EngineSettings, names: ModelNames | None = None, voices: Voices | None = None) -> None:
        self._voices, self._spoken = voices or Voices(settings), list[_Voice]()
        self._names = names or ModelNames(*settings.voice)
        self._anomaly, self._forecast = settings.anomaly.enabled, settings.forecast.enabled
        self._full = settings.decision.detail == "full"
        self._codes: dict[int, list[str]] = {}
        self._reasons: dict[int, list[str]] = {}

    def build(self, records: Records, decoded: Decoded, outs: NDArray[Any]) -> list[Decision | Rejection]:
        """Build one outcome per record. The symbol of an accepted one is its key."""
        # Convert whole columns to Python values at once: reading numpy records field by field costs ten times as much.
        rows = zip(
            (Judged(*row) for row in outs["validation"].tolist()),
            (Decided(*row) for row in outs["decision"].tolist()),
            outs["regime"].tolist(),
            zip(*(outs["timeframes"][name].tolist() for name in TIMEFRAME_FIELDS), strict=True),
            _shapes(outs["patterns"]),
            self._models(outs["model"]),
            decoded.bars.tolist(),
            self._said(outs["said"]),
            strict=True,
        )
        outcomes = [
            self._decision(judged, decided, market, frames, shapes, model, bar, said, _text(records.keys[row]) or "")
            if judged.accepted
            else self._rejection(judged, decided.sequence, records, decoded, row)
            for row, (judged, decided, market, frames, shapes, model, bar, said) in enumerate(rows)
        ]
        if self._full:
            _add_detail(outcomes, outs)
        return outcomes

    def _models(self, found: NDArray[Any]) -> list[Model]:
        pairs = zip(found["model_index"].tolist(), found["status"].tolist(), strict=True)
        return [self._names.rows[index][status] for index, status in pairs]

    def _said(self, rows: NDArray[Any]) -> Iterable[tuple[str, Strategy | UnsetType]]:
        """Return the hash under which each row was decided, and what a strategy said there, if one decides."""
        for settings in self._voices.settings[len(self._spoken) :]:
            self._spoken.append(_Voice(settings.config_hash(), settings.strategy))
        if not self._spoken[0].strategy.configured:
            return repeat((self._spoken[0].config_hash, UNSET), len(rows))
        spoken, intents = self._spoken, rows["intent"]
        columns = (intents["status"], intents["tag"], intents["notes"], rows["kind"], rows["price"], rows["bars"])
        answers = zip(rows["voice"].tolist(), *(column.tolist() for column in columns), strict=True)
        return ((spoken[voice].config_hash, _answer(spoken[voice].strategy, *row)) for voice, *row in answers)

    def _named(self, mask: int) -> list[str]:
        if mask not in self._codes:
            self._codes[mask] = codes(mask)
        return self._codes[mask]

    def _why(self, mask: int) -> list[str]:
        if mask not in self._reasons:
            self._reasons[mask] = [name for bit, name in enumerate(REASONS) if mask >> bit & 1]
        return self._reasons[mask]

    def _decision(
        self,
        judged: Any,
        d: Any,
        market: Any,
        frames: Any,
        shapes: Any,
        model: Model,
        bar: Any,
        said: tuple[str, Strategy | UnsetType],
        symbol: str,
    ) -> Decision:
        config_hash, answer = said
        ts, interval, _, open_, high, low, close, volume, _ = bar
        regime_code, bucket, age = (market[i] for i in REGIME_FIELDS)
        return Decision(
            schema_version=SCHEMA_VERSION,
            decision_id=f"{symbol}-{d.sequence}-{config_hash[:8]}",
            engine_version=ENGINE_VERSION,
            feature_set_version=FEATURE_SET_VERSION,
            config_hash=config_hash,
            symbol=symbol,
            sequence=d.sequence,
            ts=ts,
            close_ts=close_time(ts, interval),
            bar=Bar(open_, high, low, close, volume),
            action=ACTIONS[d.action],
            side=d.side,
            qty=d.qty,
            notional=d.notional,
            ref_price=d.ref_price,
            stop=_null(d.stop),
            target=_null(d.target),
            position=_position(*d.position),
            score=_null(d.score),
            model_prob=_null(d.model_prob),
            final=_null(d.final),
            confidence=_null(d.confidence),
            agreement=_null(d.agreement),
            regime=REGIMES[regime_code],
            vol_bucket=BUCKETS[bucket],
            regime_age=age,
            p_turb=_null(d.p_turb),
            mtf=_null(d.mtf),
            mtf_agreement=_null(d.mtf_agreement),
            timeframes=_timeframes(*frames),
            quality=Quality(_six(judged.score) or 0.0, LEVELS[judged.level], judged.mask, self._named(judged.mask)),
            risk=_risk(*map(_null, d.risk)),
            control_version=d.control_version,
            control_all_version=d.control_all_version or UNSET,
            model=model,
            patterns=shapes,
            contributions=[(COMPONENTS[i], float(d.contributions[i])) for i in d.top if i >= 0],
            reasons=self._why(d.reasons),
            blocking=REASONS[d.blocking] if d.blocking >= 0 else None,
            anomaly_d2=_null(d.anomaly_d2) if self._anomaly else UNSET,
            forecast_h=_null(d.forecast_h) if self._forecast else UNSET,
            forecast_sd=_null(d.forecast_sd) if self._forecast else UNSET,
            strategy=answer,
        )

    def _rejection(self, judged: Any, sequence: int, records: Records, decoded: Decoded, row: int) -> Rejection:
        value, key = records.values[row], records.keys[row]
        known = sequence > 0
        payload, encoding = _payload(value)
        size = 0 if value is None else len(value)
        return Rejection(
            schema_version=SCHEMA_VERSION,
            symbol=_text(key) or decoded.symbols.get(row),
            sequence=sequence if known else None,
            ts=int(decoded.bars[row]["ts"]) if decoded.has_ts[row] else None,
            mask=judged.mask,
            codes=self._named(judged.mask),
            score=0.0,
            level="Invalid",
            reference=_null(judged.reference) if known else None,
            sigma_ref=_six(judged.sigma_ref) if known else None,
            detail=decoded.details.get(row),
            payload=payload,
            payload_encoding=encoding,
            payload_bytes=size,
            payload_sha256=hashlib.sha256(value).hexdigest() if value is not None and size > MAX_PAYLOAD else None,
        )


def feature_rows(outs: NDArray[Any]) -> Iterator[Features]:
    """Yield the features of each row of a batch's outputs by name, rounded; None until warm."""
    matrix = np.stack([outs["features"][name] for name in FEATURE_NAMES], axis=1)
    rows: list[list[float]] = significant_of(matrix.ravel(), DIGITS).reshape(matrix.shape).tolist()  # type: ignore[assignment]
    for row in rows:
        yield {name: None if math.isnan(x) else x for name, x in zip(FEATURE_NAMES, row, strict=True)}


def all_contributions(values: NDArray[np.float64]) -> list[tuple[str, float]]:
    """Return every ready component with its part of the score, in component order."""
    return [(name, x) for name, x in zip(COMPONENTS, values.tolist(), strict=True) if not math.isnan(x)]


def _add_detail(outcomes: list[Decision | Rejection], outs: NDArray[Any]) -> None:
    for outcome, features, row in zip(outcomes, feature_rows(outs), outs["decision"]["contributions"], strict=True):
        if isinstance(outcome, Decision):
            outcome.features = features
            outcome.contributions = all_contributions(row)


def _position(
    state: int, qty: float, entry: float, stop: float, target: float, unrealised: float, realised: float, held: int
) -> Position:
    return Position(STATES[state], qty, _null(entry), _null(stop), _null(target), unrealised, realised, held)


def _risk(sigma: Any, var99: Any, es99: Any, *rest: Any) -> Risk:
    return Risk(sigma, var99, es99, *rest)


def _answer(
    strategy: StrategySettings, status: int, tag: int, notes: list[float], kind: int, price: float, bars: int
) -> Strategy:
    named = strategy.tags[tag] if 0 <= tag < len(strategy.tags) else None
    told = {name: _null(note) for name, note in zip(strategy.notes, notes, strict=False)}
    answer = Strategy(strategy.name or "", strategy.version, STATUSES[status], named, told)
    if kind != MARKET:
        answer.entry, answer.price, answer.bars = ENTRIES[kind], price, bars
    return answer


def _shapes(found: NDArray[Any]) -> list[list[tuple[str, int]]]:
    """Return the names and strengths that are not 0, per row; search the whole batch at once, as most rows have few."""
    rows: list[list[tuple[str, int]]] = [[] for _ in range(found.size)]
    for field, names in SHAPES:
        values = np.ascontiguousarray(found[field]).ravel()
        hits = np.flatnonzero(values != 0)
        owners, kinds = np.divmod(hits, len(names))
        for row, kind, strength in zip(owners.tolist(), kinds.tolist(), values[hits].tolist(), strict=True):
            rows[row].append((names[kind], strength))
    return rows


def _timeframes(first: int, end: int, directions: Any, ages: Any, partials: Any, codes: Any) -> list[Timeframe]:
    return [
        Timeframe(TIMEFRAMES[k], _null(directions[k]), ages[k], bool(partials[k]), REGIMES[codes[k]])
        for k in range(first, end)
    ]


def _text(key: bytes | None) -> str | None:
    try:
        return key.decode() if key is not None else None
    except UnicodeDecodeError:
        return None


def _payload(value: bytes | None) -> tuple[str | None, Any]:
    if value is None:
        return None, None
    kept = value[:MAX_PAYLOAD]
    if len(value) > MAX_PAYLOAD:
        # The cut may fall inside a character: drop its head so that the text stays valid.
        while kept and kept[-1] & 0xC0 == 0x80:
            kept = kept[:-1]
        kept = kept[:-1] if kept and kept[-1] >= 0xC0 else kept
    try:
        return kept.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(value[:MAX_PAYLOAD]).decode(), "base64"
