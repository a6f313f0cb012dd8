"""The state of one symbol, as one numpy record: the stages' own records, composed."""

from __future__ import annotations

import hashlib

import numpy as np

from worker.engine import history
from worker.engine.scoring import model
from worker.engine.stages import (
    anomaly,
    calibration,
    execution,
    features,
    forecast,
    learning,
    normalization,
    patterns,
    regime,
    risk,
    timeframes,
    validation,
)

# The part that bars can rebuild. Everything from `history` on is cleared at an accepted level shift (domain §1.5).
DERIVED = np.dtype(
    [
        ("validation", validation.STATE),
        ("learning", learning.STATE),  # of scale-free values: it survives a level shift
        ("calibration", calibration.STATE),
        ("history", history.STATE),
        ("normalization", normalization.STATE),
        ("features", features.STATE),
        ("patterns", patterns.STATE),
        ("regime", regime.STATE),
        ("timeframes", timeframes.STATE),
        ("anomaly", anomaly.STATE),
        ("forecast", forecast.STATE),
    ],
    align=True,
)

# The part that is never derived again, only migrated between releases.
CARRY = np.dtype(
    [
        ("sequence", "i8"),  # of this symbol's last record, 0 = unknown
        ("position", execution.POSITION),
        ("pending", execution.PENDING),
        ("risk", risk.STATE),
        ("circuit", model.CIRCUIT),
        ("decided", validation.DECIDED),  # last: validation reads it beside its own part
    ],
    align=True,
)
CARRY_VERSION = 3

STATE = np.dtype([("carry", CARRY), ("derived", DERIVED)], align=True)


def _offset(dtype: np.dtype[np.void], name: str) -> int:
    assert dtype.fields is not None
    return int(dtype.fields[name][1])


# Byte ranges of the record: its two parts, and the one that a level shift clears.
CARRY_BYTES = slice(_offset(STATE, "carry"), _offset(STATE, "carry") + CARRY.itemsize)
DERIVED_BYTES = slice(_offset(STATE, "derived"), _offset(STATE, "derived") + DERIVED.itemsize)
DECIDED_START = CARRY_BYTES.start + _offset(CARRY, "decided")
CARRY_SPAN = (CARRY_BYTES.start, CARRY_BYTES.stop)
MARKET_START = _offset(STATE, "derived") + _offset(DERIVED, "history")
MARKET_END = _offset(STATE, "derived") + DERIVED.itemsize


def derived_span(first: str, last: str) -> tuple[int, int]:
    """Return the byte range of the record with the parts of `derived` from `first` to `last`."""
    start = DERIVED_BYTES.start
    return start + _offset(DERIVED, first), start + _offset(DERIVED, last) + DERIVED[last].itemsize


def fingerprint(engine_version: str, parameters: bytes) -> str:
    """Return 16 hex digits, equal iff stored `derived` bytes mean the same to this engine with these parameters."""
    return hashlib.sha256(f"{engine_version} {DERIVED.descr}".encode() + parameters).hexdigest()[:16]
