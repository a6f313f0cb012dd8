"""Real data that tests may read where it is present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from worker.sources.record import Bar
from worker.sources.source import Source, book

SHARED = Path(os.environ.get("ALPHAPULSE_SHARED", Path(__file__).parents[4] / "shared")) / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"real market data is not at {SHARED}")


def bars_of(source: Source) -> list[Bar]:
    """All bars of a source; its report counts the rows."""
    found = []
    for batch in source.batches():
        book(batch, source.report)
        found += [batch.bar(row) for row in range(len(batch))]
    return found
