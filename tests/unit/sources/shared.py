"""Real data that tests may read where it is present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ALPHAPULSE_SHARED", Path(__file__).parents[4] / "shared")) / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"real market data is not at {SHARED}")
