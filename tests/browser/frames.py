"""How long an update of the candles takes the browser."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

FRAME_MS = 16.0
BARS, MARKERS, UPDATES = 5_000, 500, 60
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


async def frame_ms(page: Page) -> float:
    """Median milliseconds of an update with 5,000 candles and 500 markers."""
    return float(await page.evaluate(_SCRIPT, [BARS, MARKERS, UPDATES]))
