"""SplitMix64 in counter form: any stretch of any stream without the draws before it (Steele, Lea, Flood 2014)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Seeds = NDArray[np.uint64]

_GAMMA = 0x9E3779B97F4A7C15
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_MASK = (1 << 64) - 1
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3


def mix(value: int) -> int:
    """Apply SplitMix64's finaliser to a 64-bit integer."""
    value = (value ^ (value >> 30)) * _MIX[0] & _MASK
    value = (value ^ (value >> 27)) * _MIX[1] & _MASK
    return value ^ (value >> 31)


def stream_seed(symbol: str, seed: int, purpose: int) -> int:
    """Return the seed of one symbol's stream for one purpose: FNV-1a of the symbol, mixed with the run's seed."""
    digest = _FNV_OFFSET
    for byte in symbol.encode():
        digest = (digest ^ byte) * _FNV_PRIME & _MASK
    return mix(mix(digest ^ mix(seed & _MASK)) + purpose * _GAMMA & _MASK)


def draws(seeds: Seeds, start: int, count: int) -> NDArray[np.uint64]:
    """Return draws `start` to `start + count` of each stream, shape (streams, count)."""
    counter = np.arange(start + 1, start + count + 1, dtype=np.uint64) * np.uint64(_GAMMA)
    value = seeds[:, None] + counter[None, :]
    value = (value ^ (value >> np.uint64(30))) * np.uint64(_MIX[0])
    value = (value ^ (value >> np.uint64(27))) * np.uint64(_MIX[1])
    return np.asarray(value ^ (value >> np.uint64(31)))


def uniforms(seeds: Seeds, start: int, count: int) -> NDArray[np.float64]:
    """Return the same draws as numbers in the open interval (0, 1)."""
    high = (draws(seeds, start, count) >> np.uint64(12)).astype(np.float64)
    return np.asarray((high + 0.5) * 2.0**-52)
