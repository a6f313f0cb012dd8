"""Nothing is wider than the screen, and what has a cell to itself is shown whole."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener, settled
from tests.browser.test_all_pages import PAGES

WIDTHS = (360, 1280, 1920)
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
# Sentences may end in dots, with the whole in their title; times, figures and the words of marks may not.
CUT = """() => [...document.querySelectorAll(
    'main :is(td.time, time, .tile-figure, .tile-note, td.numeric, .level, h1)')]
  .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1 && !one.classList.contains('unseen'))
  .filter((one) => getComputedStyle(one).overflowX === 'hidden')
  .map((one) => `${one.tagName} ${one.className}: ${one.textContent}`)"""


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_fits_every_screen(name: str, visit: Opener) -> None:
    async with visit(PAGES[name], "admin") as page:
        await settled(page)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 800})
            await page.wait_for_function(f"() => innerWidth === {width}")
            # A chart takes its new size a frame after the window.
            await page.wait_for_function(FITS)
            assert await page.evaluate(CUT) == [], f"{width} px"


async def test_a_limit_is_shown_as_it_was_set(visit: Opener) -> None:
    async with visit("/#/") as page:
        await settled(page)
        limits = await page.evaluate("async () => (await (await fetch('/api/v1/status')).json()).limits")
        tile = page.locator(".tile", has_text="Value at risk").locator(".tile-note")
        await tile.filter(has_text=f"of {limits['var99'] * 100:g} %").wait_for()
