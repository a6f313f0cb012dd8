"""Where each value of a decision lies in an output row: the order of `schemas.Decision`, one line a member."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas import SCHEMA_VERSION
from schemas.tick import MAX_SYMBOL
from worker.engine import reasons
from worker.engine.bar import BAR
from worker.engine.memory import BLOCK
from worker.engine.model_names import ModelNames
from worker.engine.outcomes import ACTIONS, BUCKETS, LEVELS, REASONS, REGIMES, SHAPES, STATES, TIMEFRAMES
from worker.engine.pipeline import OUTPUT
from worker.engine.settings import ENGINE_VERSION, EngineSettings
from worker.engine.stages.decision.output import RISK_FIELDS
from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.engine.stages.signal import COMPONENTS


class Kind(IntEnum):
    """What a step writes after its text."""

    FLOAT = 0  # f8 of the output row
    BAR_FLOAT = 1
    SCORE = 2  # f8, to 6 decimals
    INT = 3  # i8 of the output row
    BAR_INT = 4
    CLOSE_TS = 5
    SMALL = 6  # i1
    WORD = 7  # u1, an index into the words from `base` on
    SYMBOL = 8
    BLOCKING = 9  # i1, an index or -1
    CODES = 10  # u8, a bit mask
    REASONS = 11  # u4, a bit mask
    SHAPES = 12
    CONTRIBUTIONS = 13
    TIMEFRAMES = 14
    OPTIONAL = 15  # i8 of the output row; neither text nor number where it is 0
    MODEL = 16  # u1, an index into the words of the model that `places.told` says
    NOTHING = 17


class Places(NamedTuple):
    """Offsets in an output row and first words of what has loops of its own."""

    candles: int
    candle_words: int
    candle_count: int
    events: int
    event_words: int
    event_count: int
    contributions: int
    top: int
    component_words: int
    first: int
    end: int
    direction: int
    age: int
    partial: int
    frame_regime: int
    frame_words: int
    truth_words: int
    regime_words: int
    told: int


class Layout(NamedTuple):
    """The steps of one line, and the text that they copy from."""

    steps: NDArray[np.int64]  # rows of (start and stop of the text, kind, offset, base)
    text: NDArray[np.uint8]
    words: NDArray[np.int64]  # word w is text[words[w, 0]:words[w, 1]], its quotes included
    places: Places
    widest: int  # bytes of the longest line


def offset(path: str, dtype: np.dtype[np.void] = OUTPUT) -> int:
    """Byte offset of a nested field."""
    total = 0
    for name in path.split("."):
        assert dtype.fields is not None
        dtype, at = dtype.fields[name][:2]
        total += at
    return total


class _Book:
    """Collects text, words and steps."""

    def __init__(self) -> None:
        self.text = bytearray()
        self.words: list[tuple[int, int]] = []
        self.steps: list[tuple[int, int, int, int, int]] = []

    def add(self, text: str, kind: Kind, at: int = 0, base: int = 0) -> None:
        start = len(self.text)
        self.text += text.encode()
        self.steps.append((start, len(self.text), kind, at, base))

    def name(self, words: tuple[str, ...] | list[str], before: str = '"', after: str = '"') -> int:
        first = len(self.words)
        for word in words:
            start = len(self.text)
            self.text += f"{before}{word}{after}".encode()
            self.words.append((start, len(self.text)))
        return first


ELEMENT = '["', '",'  # around a name that is the first of an element of a list
NUMBER = 32  # bytes of the longest number at least
SPARE = BLOCK  # bytes behind a line and behind its texts, which are copied in blocks
SYMBOL = 2 * MAX_SYMBOL  # bytes of the longest symbol, every character escaped


def layout(settings: EngineSettings, names: ModelNames) -> Layout:
    """The layout of decisions under one configuration that name these models."""
    book, config_hash = _Book(), settings.config_hash()
    regimes = book.name(REGIMES)
    (candle_field, candles), (event_field, events) = SHAPES
    frames, components = book.name(TIMEFRAMES, *ELEMENT), book.name(COMPONENTS, *ELEMENT)
    truths = book.name(["false", "true"], ",", ",")
    candle_words, event_words = book.name(candles, *ELEMENT), book.name(events, *ELEMENT)
    _head(book, config_hash)
    _order(book, regimes)
    _tail(book, settings, names)
    lists = [*(code.name for code in reasons.Reject), *REASONS, *candles, *events]
    widest = len(book.text) + NUMBER * (len(book.steps) + 5 * len(COMPONENTS) + 5 * len(TIMEFRAMES))
    widest += sum(len(name) + NUMBER for name in lists) + 2 * SYMBOL
    places = Places(
        candles=offset(f"patterns.{candle_field}"),
        candle_words=candle_words,
        candle_count=len(candles),
        events=offset(f"patterns.{event_field}"),
        event_words=event_words,
        event_count=len(events),
        contributions=offset("decision.contributions"),
        top=offset("decision.top"),
        component_words=components,
        first=offset("timeframes.first"),
        end=offset("timeframes.end"),
        direction=offset("timeframes.direction"),
        age=offset("timeframes.age_ms"),
        partial=offset("timeframes.partial"),
        frame_regime=offset("timeframes.regime"),
        frame_words=frames,
        truth_words=truths,
        regime_words=regimes,
        told=offset("model.told"),
    )
    text = np.frombuffer(bytes(book.text) + bytes(SPARE), np.uint8)
    return Layout(np.array(book.steps, np.int64), text, np.array(book.words, np.int64), places, widest)


def _head(book: _Book, config_hash: str) -> None:
    book.add(f'{{"schema_version":{SCHEMA_VERSION},"decision_id":"', Kind.SYMBOL)
    book.add("-", Kind.INT, offset("decision.sequence"))
    versions = f'"engine_version":"{ENGINE_VERSION}","feature_set_version":{FEATURE_SET_VERSION}'
    book.add(f'-{config_hash[:8]}",{versions},"config_hash":"{config_hash}","symbol":"', Kind.SYMBOL)
    book.add('","sequence":', Kind.INT, offset("decision.sequence"))
    book.add(',"ts":', Kind.BAR_INT, offset("ts", BAR))
    book.add(',"close_ts":', Kind.CLOSE_TS)
    for before, name in zip((',"bar":{', *",,,,"), ("open", "high", "low", "close", "volume"), strict=True):
        book.add(f'{before}"{name}":', Kind.BAR_FLOAT, offset(name, BAR))


def _order(book: _Book, regimes: int) -> None:
    book.add('},"action":', Kind.WORD, offset("decision.action"), book.name(ACTIONS))
    book.add(',"side":', Kind.SMALL, offset("decision.side"))
    for name in ("qty", "notional", "ref_price", "stop", "target"):
        book.add(f',"{name}":', Kind.FLOAT, offset(f"decision.{name}"))
    book.add(',"position":{"state":', Kind.WORD, offset("decision.position.state"), book.name(STATES))
    for name in ("qty", "entry", "stop", "target", "unrealised", "realised"):
        book.add(f',"{name}":', Kind.FLOAT, offset(f"decision.position.{name}"))
    book.add(',"bars_held":', Kind.INT, offset("decision.position.bars_held"))
    book.add('},"score":', Kind.FLOAT, offset("decision.score"))
    book.add(',"model_prob":', Kind.FLOAT, offset("decision.model_prob"))
    book.add(',"final":', Kind.FLOAT, offset("decision.final"))
    book.add(',"confidence":', Kind.FLOAT, offset("decision.confidence"))
    book.add(',"agreement":', Kind.FLOAT, offset("decision.agreement"))
    book.add(',"regime":', Kind.WORD, offset("regime.code"), regimes)
    book.add(',"vol_bucket":', Kind.WORD, offset("regime.vol_bucket"), book.name(BUCKETS))
    book.add(',"regime_age":', Kind.INT, offset("regime.age"))
    for name in ("p_turb", "mtf", "mtf_agreement"):
        book.add(f',"{name}":', Kind.FLOAT, offset(f"decision.{name}"))


def _tail(book: _Book, settings: EngineSettings, names: ModelNames) -> None:
    book.add(',"timeframes":', Kind.TIMEFRAMES)
    book.add(',"quality":{"score":', Kind.SCORE, offset("validation.score"))
    book.add(',"level":', Kind.WORD, offset("validation.level"), book.name(LEVELS))
    book.add(',"mask":', Kind.INT, offset("validation.mask"))
    book.add(',"codes":', Kind.CODES, offset("validation.mask"), book.name([code.name for code in reasons.Reject]))
    before = '},"risk":{'
    for name in RISK_FIELDS:
        book.add(f'{before}"{name}":', Kind.FLOAT, offset(f"decision.risk.{name}"))
        before = ","
    book.add('},"control_version":', Kind.INT, offset("decision.control_version"))
    told = [msgspec.json.encode(model).decode() for row in names.rows for model in row]
    book.add(',"model":', Kind.MODEL, offset("model.status"), book.name(told, "", ""))
    book.add(',"patterns":', Kind.SHAPES)
    book.add(',"contributions":', Kind.CONTRIBUTIONS)
    why = book.name(REASONS)
    book.add(',"reasons":', Kind.REASONS, offset("decision.reasons"), why)
    book.add(',"blocking":', Kind.BLOCKING, offset("decision.blocking"), why)
    book.add(',"control_all_version":', Kind.OPTIONAL, offset("decision.control_all_version"))
    enabled = (settings.anomaly.enabled, settings.forecast.enabled, settings.forecast.enabled)
    for name, on in zip(("anomaly_d2", "forecast_h", "forecast_sd"), enabled, strict=True):
        if on:
            book.add(f',"{name}":', Kind.FLOAT, offset(f"decision.{name}"))
    book.add("}", Kind.NOTHING)
