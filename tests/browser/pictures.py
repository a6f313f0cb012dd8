"""The pictures of docs/gateway.md (`make pictures`): every page over a market that trades, as Chromium draws it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import Heard, launched, opened
from tests.browser.conftest import settled
from tests.browser.world import SYMBOLS, TOKENS, World
from worker.broker import Broker

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = {"width": 1280, "height": 860}
PAGES = {
    "overview": ("/#/", "dark"),
    "symbol": ("/#/symbols/SIM0007", "light"),
    "risk": ("/#/risk", "light"),
    "fleet": ("/#/fleet", "dark"),
    "quality": ("/#/quality", "light"),
    "audit": ("/#/audit", "light"),
}
MINUTES = 90  # of market before the pictures, a minute each 150 ms
RATE = SYMBOLS / 0.15
CAPITAL = 1_200_000.0


async def draw(world: World, browser: Browser) -> None:
    """Draw each page while the market goes on."""
    state = await _signed_in(browser, world)
    market = asyncio.create_task(world.play(SYMBOLS * MINUTES * 10, RATE))
    try:
        async with opened(browser, world.gateway.url, Heard(), storage_state=state, viewport=SIZE) as page:
            await page.goto("/#/")
            await settled(page)
            await page.wait_for_timeout(MINUTES * 150)  # the courses of the tiles need points
            for name, (path, theme) in PAGES.items():
                await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                await page.goto(path)
                await settled(page)
                await page.wait_for_timeout(2_500)  # a chart comes a frame or two after its data
                await page.screenshot(path=FOLDER / f"gateway-{name}.png")
                print(f"docs/pictures/gateway-{name}.png", flush=True)
    finally:
        market.cancel()
        await asyncio.gather(market, return_exceptions=True)


async def _act(world: World) -> None:
    """Give the audit something to show."""
    operator, new = TOKENS["operate"], {"If-None-Match": "*"}
    for key, body in (
        ("SIM0003", {"allow_open": False, "reason": "earnings tonight"}),
        ("SIM0011", {"max_notional": 5_000.0, "reason": "thin book since Monday"}),
    ):
        answer = await world.gateway.put(f"limits/{key}", body, token=operator, headers=new)
        answer.raise_for_status()


async def _signed_in(browser: Browser, world: World) -> Any:
    async with opened(browser, world.gateway.url, Heard()) as page:
        await page.goto("/")
        await page.get_by_label("Token").fill(TOKENS["admin"])
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("navigation", name="Pages").wait_for()
        return await page.context.storage_state()


async def _main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with Broker() as broker, tempfile.TemporaryDirectory() as folder:
        world = World(broker.bootstrap, "prod", Path(folder), capital=CAPITAL, max_gross=0.15, max_var99=0.004)
        try:
            await world.start()
            await _act(world)
            async with async_playwright() as playwright:
                browser = await launched(playwright)
                await draw(world, browser)
                await browser.close()
        finally:
            world.close()


if __name__ == "__main__":
    asyncio.run(_main())
