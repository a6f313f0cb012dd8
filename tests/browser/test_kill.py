"""The kill drill under the keyboard alone: reason, typed word, and the effect as new decisions show it."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page

from tests.browser.conftest import Opener, settled
from tests.browser.world import SYMBOLS, TOKENS, World
from tests.support.fleet import until

REASON = "drill: fills look wrong"
TABS = 60


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element that fits has the focus."""
    for _ in range(TABS):
        if await page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}")


async def test_a_kill_by_keyboard_takes_effect(world: World, visit: Opener) -> None:
    async with visit("/#/") as page:
        await settled(page)
        await tab_to(page, "button.kill")
        await page.keyboard.press("Enter")
        await page.get_by_role("dialog").wait_for()
        assert await page.evaluate("() => document.activeElement.closest('dialog') !== null")
        await tab_to(page, "dialog textarea, dialog input:not([autocapitalize=characters])")
        await page.keyboard.type(REASON)
        await tab_to(page, "dialog input[autocapitalize=characters]")
        await page.keyboard.type("kill")
        await page.keyboard.press("Enter")
        assert await page.locator("dialog .effect").count() == 0  # not the word
        for _ in "kill":
            await page.keyboard.press("Backspace")
        await page.keyboard.type("KILL")
        await page.keyboard.press("Enter")
        effect = page.get_by_role("region", name="Effect in the decisions")
        await effect.wait_for()
        try:
            assert await effect.get_attribute("data-done") != "true"  # no bar has come since
            await bars_until(world, page)
            assert "4 of 4" in await effect.inner_text()
        finally:
            await lift(world)
    audit = await world.gateway.get("audit", token=TOKENS["admin"], action="kill")
    act = audit.json()["items"][0]["act"]
    assert act["reason"] == REASON
    assert act["role"] == "operate"


async def bars_until(world: World, page: Page) -> None:
    """Let the market go on until the effect is complete."""
    done = asyncio.create_task(page.locator(".effect[data-done=true]").first.wait_for(state="attached"))
    while not done.done():
        await world.play(SYMBOLS * 2)
        await asyncio.wait({done}, timeout=0.5)
    await done


async def lift(world: World) -> None:
    """End the kill."""

    async def lifted() -> bool:
        answer = await world.gateway.get("limits/*", token=TOKENS["operate"])
        if answer.status_code == 404 or answer.json()["control"]["kill"] == "none":
            return True
        headers = {"If-Match": answer.headers["ETag"]}
        body = {"kill": "none", "allow_open": True, "reason": "the drill is over"}
        await world.gateway.put("limits/*", body, token=TOKENS["operate"], headers=headers)
        return False

    await until(lifted, 30, "the kill is lifted")


async def test_a_reader_has_no_kill_button(visit: Opener) -> None:
    async with visit("/#/", "read") as page:
        await settled(page)
        assert await page.locator("button.kill").count() == 0
