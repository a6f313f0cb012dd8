"""Check that a row's output does not depend on other rows of the batch (ONNX Runtime issues 10058 and 7642)."""

from __future__ import annotations

import numpy as np

from worker.errors import AlphapulseError
from worker.models.session.session import Floats32, Session

MAX_BATCH = 1_024  # rows of one call
SIZES = (2, 3, 7, 64, 65, MAX_BATCH)  # each compared with rows one by one


def probes(canary: Floats32) -> Floats32:
    """Return rows to compare, (64 or more, features): the canary's, then rows between neighbours of it.

    The weights are powers of two, so that every machine computes the same rows.
    """
    parts, shift = [canary], 1
    while sum(map(len, parts)) < max(64, 2 * len(canary)):
        parts.append(canary * np.float32(0.75) + np.roll(canary, shift, axis=0) * np.float32(0.25))
        shift += 1
    return np.concatenate(parts)


def batch_invariant(session: Session, canary: Floats32) -> bool:
    """Return whether outputs are bit-equal for batches of 1 and of every size in `SIZES`, at every place in the batch.

    A model that fails on a row between those of its canary is not invariant.
    """
    try:
        return _compare(session, probes(canary))
    except AlphapulseError:
        raise
    except Exception:
        return False


def _compare(session: Session, rows: Floats32) -> bool:
    alone = np.concatenate([session.run(rows[at : at + 1]) for at in range(len(rows))])
    for size in SIZES:
        tiles = np.resize(np.arange(len(rows)), -(-(len(rows) + size) // size) * size)
        for start in range(0, len(tiles), size):
            at = tiles[start : start + size]
            if session.run(rows[at]).tobytes() != alone[at].tobytes():
                return False
    return True
