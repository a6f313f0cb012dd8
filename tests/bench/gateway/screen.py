"""The pages in a real Chromium while a worker decides a thousand bars a second."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, async_playwright
from scipy.stats import theilslopes

from tests.bench.oracle import Say
from tests.browser.axe import violations
from tests.browser.chromium import Heard, launched, opened
from tests.browser.conftest import settled
from tests.browser.frames import frame_ms
from tests.browser.test_all_pages import PAGES
from tests.browser.test_live import FIRST, shows
from tests.browser.world import TOKENS, World

RATE = 1_000.0  # decisions a second
PROBES = 40
HOURS = 8.0
EACH = 2.0  # seconds of bars that are published together
SAMPLE = 10.0  # seconds between two looks at a page's memory
MIB = 1_048_576


async def screen(bootstrap: str, prefix: str, folder: Path, minutes: float, say: Say) -> dict[str, float]:
    """All figures of the pages."""
    world = World(bootstrap, prefix, folder)
    await world.start()
    stop = asyncio.Event()
    try:
        async with async_playwright() as playwright:
            browser = await launched(playwright)
            state = await _signed_in(browser, world)
            say("axe on every page in both themes")
            found = {"axe_violations": float(await _axe(browser, world, state, say))}
            async with opened(browser, world.gateway.url, Heard(), storage_state=state) as page:
                await page.goto("/#/")
                await settled(page)
                say("an update of 5,000 candles with 500 markers")
                found["frame_ms_5000_candles"] = round(await frame_ms(page), 2)
            market = asyncio.create_task(_market(world, stop))
            try:
                say(f"{PROBES} bars timed to the screen at {RATE:,.0f} decisions a second")
                found |= await _probes(browser, world, state)
                say(f"the overview at {RATE:,.0f} decisions a second for {minutes:g} minutes")
                found |= await _heap(browser, world, state, minutes, say)
                found["rss_mb"] = round(world.gateway.memory[1] / MIB, 1)
            finally:
                stop.set()
                await market
            await browser.close()
        return found
    finally:
        world.close()


async def _market(world: World, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await world.play(int(RATE * EACH), RATE)


async def _signed_in(browser: Browser, world: World) -> dict[str, object]:
    async with opened(browser, world.gateway.url, Heard()) as page:
        await page.goto("/")
        await page.get_by_label("Token").fill(TOKENS["admin"])
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("navigation", name="Pages").wait_for()
        return dict(await page.context.storage_state())


async def _axe(browser: Browser, world: World, state: dict[str, object], say: Say) -> int:
    count = 0
    for path in PAGES.values():
        for theme in ("light", "dark"):
            options = {"storage_state": state, "color_scheme": theme}
            async with opened(browser, world.gateway.url, Heard(), **options) as page:
                await page.goto(path)
                await settled(page)
                found = await violations(page)
                count += len(found)
                for one in found:
                    say(f"{path} {theme}: {one}")
    return count


async def _probes(browser: Browser, world: World, state: dict[str, object]) -> dict[str, float]:
    close = await world.bar("PROBE", FIRST)
    await world.decided("PROBE", close)
    took = []
    async with opened(browser, world.gateway.url, Heard(), storage_state=state) as page:
        await page.goto("/#/symbols/PROBE")
        await shows(page, "100.0")
        for number in range(1, PROBES + 1):
            price = FIRST + number / 10
            begun = time.time() * 1_000
            close = await world.bar("PROBE", price, close)
            took.append(await shows(page, f"{price:.1f}") - begun)
    took.sort()
    # From the bar's publication: the worker's share, some 30 ms, is in it.
    return {"decision_to_screen_p50_ms": round(took[len(took) // 2], 1), "decision_to_screen_ms": round(took[-1], 1)}


async def _heap(browser: Browser, world: World, state: dict[str, object], minutes: float, say: Say) -> dict[str, float]:
    async with opened(browser, world.gateway.url, Heard(), storage_state=state) as page:
        await page.goto("/#/")
        await settled(page)
        session = await page.context.new_cdp_session(page)
        samples: list[tuple[float, float]] = []
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < minutes * 60:
            samples.append((passed / 3_600, await _used(session)))
            await asyncio.sleep(SAMPLE)
        samples.append((passed / 3_600, await _used(session)))
        await _alive(page)
    # Code is compiled and lists fill up in the first half; what grows after that would grow all day.
    kept = samples[len(samples) // 2 :]
    hours, used = zip(*kept, strict=True)
    slope, _, least, most = theilslopes(used, hours)
    say(f"heap {samples[0][1]:.1f} to {used[-1]:.1f} MB; growth {slope:.2f} MB an hour ({least:.2f} to {most:.2f})")
    return {
        "page_heap_mb": round(used[-1], 1),
        "page_heap_mb_an_hour": round(float(slope), 2),
        "page_heap_mb_after_8_h": round(used[-1] + max(float(slope), 0.0) * HOURS, 1),
    }


async def _used(session: CDPSession) -> float:
    """Megabytes that are in use after a collection."""
    await session.send("HeapProfiler.enable")
    await session.send("HeapProfiler.collectGarbage")
    found = await session.send("Runtime.getHeapUsage")
    return float(found["usedSize"]) / MIB


async def _alive(page: Page) -> None:
    await page.locator(".link-state[data-state=live]").wait_for()
