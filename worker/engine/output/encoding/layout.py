"""The place of each value of a decision in an output row: the order of `schemas.Decision`, one line per member."""

from __future__ import annotations

from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas import SCHEMA_VERSION
from schemas.tick import MAX_SYMBOL
from worker.engine import reasons
from worker.engine.intrinsics.addresses import BLOCK
from worker.engine.output.encoding import strategy
from worker.engine.output.encoding.lanes import ITEM
from worker.engine.output.encoding.members import BAR_NUMBERS, PRICES, SCORE_LANE, SIDE_LANE, lane_of, offset
from worker.engine.output.outcomes import ACTIONS, BUCKETS, LEVELS, REASONS, REGIMES, SHAPES, STATES, TIMEFRAMES
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import ENGINE_VERSION, EngineSettings
from worker.engine.stages.decision.output import RISK_FIELDS
from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.engine.stages.signal import COMPONENTS


class Kind(IntEnum):
    """What a step writes after its text."""

    NUMBER = 0  # of a lane
    WORD = 1  # u1, an index into the words from `base` on
    NOTHING = 2
    # Written by `lines.put_line` itself.
    SYMBOL = 3
    TS = 4
    CLOSE_TS = 5
    TIMEFRAMES = 6
    CODES = 7  # u8, a bit mask
    MODEL = 8  # u1, an index into the words of the model in `model.model_index`
    SHAPES = 9
    CONTRIBUTIONS = 10
    REASONS = 11  # u4, a bit mask
    BLOCKING = 12  # i1, an index or -1
    OPTIONAL = 13  # an integer of a lane; neither text nor number where it is 0
    STRATEGY = 14  # the counts of its tags and, times `TAGS`, of its notes; absent without a strategy
    END = 15


# The order in which `put_line` writes them; there is no other step between those of the second group.
OWN = (Kind.SYMBOL, Kind.SYMBOL, Kind.TS, Kind.CLOSE_TS, Kind.TIMEFRAMES, Kind.CODES)
OWN_AT_ONCE = (Kind.MODEL, Kind.SHAPES, Kind.CONTRIBUTIONS, Kind.REASONS, Kind.BLOCKING, Kind.OPTIONAL)


class Layout(NamedTuple):
    """The steps of one line, and the text that they copy from."""

    steps: NDArray[np.int64]  # rows of (start and size of the text, kind, offset of a member or a lane, base)
    text: NDArray[np.uint8]
    words: NDArray[np.int64]  # rows of (start and size) of a text, its quotes included
    widest: int  # bytes of the longest line


ELEMENT = '["', '",'  # around a name that is the first item of a list's element
NUMBER = 32  # least bytes for the longest number
TAGS = 256  # more than a strategy may have
SPARE = BLOCK  # bytes after a line and after its texts, which are copied in blocks
SYMBOL = 2 * MAX_SYMBOL  # bytes of the longest symbol, every character escaped
(CANDLE_FIELD, CANDLES), (EVENT_FIELD, EVENTS) = SHAPES
# Words at the start of every layout, at places known to kernels.
LISTS = (
    (REGIMES, '"', '"'), (TIMEFRAMES, *ELEMENT), (COMPONENTS, *ELEMENT), (("false", "true"), ",", ","),
    (CANDLES, *ELEMENT), (EVENTS, *ELEMENT),
)  # fmt: skip
REGIME_WORDS, FRAME_WORDS, COMPONENT_WORDS, TRUTH_WORDS, CANDLE_WORDS, EVENT_WORDS, _ = accumulate(
    (len(names) for names, *_ in LISTS), initial=0
)


class _Book:
    """Builder of text, words and steps."""

    def __init__(self) -> None:
        self.text = bytearray()
        self.words: list[tuple[int, int]] = []
        self.steps: list[tuple[int, int, int, int, int]] = []

    def add(self, text: str, kind: Kind, at: int = 0, base: int = 0) -> None:
        """Add a step; a step copies at most one block, so longer text gets steps of its own."""
        while len(text) > BLOCK:
            self.add(text[:BLOCK], Kind.NOTHING)
            text = text[BLOCK:]
        self.steps.append((len(self.text), len(text), kind, at, base))
        self.text += text.encode()

    def add_number(self, text: str, path: str, kind: Kind = Kind.NUMBER) -> None:
        """Add a number of an output row."""
        self.add(text, kind, lane_of(path))

    def name(self, words: tuple[str, ...] | list[str], before: str = '"', after: str = '"') -> int:
        first = len(self.words)
        for word in words:
            self.words.append((len(self.text), len(before + word + after)))
            self.text += f"{before}{word}{after}".encode()
        return first


def layout(settings: EngineSettings, names: ModelNames) -> Layout:
    """Build the layout of decisions under one configuration that name these models."""
    book, config_hash = _Book(), settings.config_hash()
    for listed, before, after in LISTS:
        book.name(listed, before, after)
    _head(book, config_hash)
    _order(book)
    _tail(book, settings, names)
    lists = [*(code.name for code in reasons.Reject), *REASONS, *CANDLES, *EVENTS]
    widest = len(book.text) + NUMBER * (len(book.steps) + 5 * len(COMPONENTS) + 5 * len(TIMEFRAMES))
    widest += NUMBER * strategy.NUMBERS + sum(len(name) + NUMBER for name in lists) + 2 * SYMBOL
    text = np.frombuffer(bytes(book.text) + bytes(SPARE), np.uint8)
    steps, words = np.array(book.steps, np.int64), np.array(book.words, np.int64)
    return Layout(steps, text, words, widest)


def _head(book: _Book, config_hash: str) -> None:
    book.add(f'{{"schema_version":{SCHEMA_VERSION},"decision_id":"', Kind.SYMBOL)
    book.add_number("-", "decision.sequence")
    versions = f'"engine_version":"{ENGINE_VERSION}","feature_set_version":{FEATURE_SET_VERSION}'
    book.add(f'-{config_hash[:8]}",{versions},"config_hash":"{config_hash}","symbol":"', Kind.SYMBOL)
    book.add_number('","sequence":', "decision.sequence")
    book.add(',"ts":', Kind.TS)
    book.add(',"close_ts":', Kind.CLOSE_TS)
    before = ',"bar":{'
    for k, name in enumerate(BAR_NUMBERS):
        book.add(f'{"," if k > 0 else before}"{name}":', Kind.NUMBER, PRICES.lane + ITEM * k)


def _order(book: _Book) -> None:
    book.add('},"action":', Kind.WORD, offset("decision.action"), book.name(ACTIONS))
    book.add(',"side":', Kind.NUMBER, SIDE_LANE)
    for name in ("qty", "notional", "ref_price", "stop", "target"):
        book.add_number(f',"{name}":', f"decision.{name}")
    book.add(',"position":{"state":', Kind.WORD, offset("decision.position.state"), book.name(STATES))
    for name in ("qty", "entry", "stop", "target", "unrealised", "realised"):
        book.add_number(f',"{name}":', f"decision.position.{name}")
    book.add_number(',"bars_held":', "decision.position.bars_held")
    book.add_number('},"score":', "decision.score")
    for name in ("model_prob", "final", "confidence", "agreement"):
        book.add_number(f',"{name}":', f"decision.{name}")
    book.add(',"regime":', Kind.WORD, offset("regime.code"), REGIME_WORDS)
    book.add(',"vol_bucket":', Kind.WORD, offset("regime.vol_bucket"), book.name(BUCKETS))
    book.add_number(',"regime_age":', "regime.age")
    for name in ("p_turb", "mtf", "mtf_agreement"):
        book.add_number(f',"{name}":', f"decision.{name}")


def _tail(book: _Book, settings: EngineSettings, names: ModelNames) -> None:
    book.add(',"timeframes":', Kind.TIMEFRAMES)
    book.add(',"quality":{"score":', Kind.NUMBER, SCORE_LANE)
    book.add(',"level":', Kind.WORD, offset("validation.level"), book.name(LEVELS))
    book.add_number(',"mask":', "validation.mask")
    book.add(',"codes":', Kind.CODES, offset("validation.mask"), book.name([code.name for code in reasons.Reject]))
    before = '},"risk":{'
    for name in RISK_FIELDS:
        book.add_number(f'{before}"{name}":', f"decision.risk.{name}")
        before = ","
    book.add_number('},"control_version":', "decision.control_version")
    told = [msgspec.json.encode(model).decode() for row in names.rows for model in row]
    book.add(',"model":', Kind.MODEL, offset("model.status"), book.name(told, "", ""))
    book.add(',"patterns":', Kind.SHAPES)
    book.add(',"contributions":', Kind.CONTRIBUTIONS)
    why = book.name(REASONS)
    book.add(',"reasons":', Kind.REASONS, offset("decision.reasons"), why)
    book.add(',"blocking":', Kind.BLOCKING, offset("decision.blocking"), why)
    book.add_number(',"control_all_version":', "decision.control_all_version", Kind.OPTIONAL)
    enabled = (settings.anomaly.enabled, settings.forecast.enabled, settings.forecast.enabled)
    for name, on in zip(("anomaly_d2", "forecast_h", "forecast_sd"), enabled, strict=True):
        if on:
            book.add_number(f',"{name}":', f"decision.{name}")
    if settings.strategy.configured:
        words = strategy.words_of(settings.strategy)
        counts = len(settings.strategy.tags) + TAGS * len(settings.strategy.notes)
        book.add(strategy.head_of(settings.strategy), Kind.STRATEGY, counts, book.name(words, "", ""))
    book.add("}", Kind.END)
