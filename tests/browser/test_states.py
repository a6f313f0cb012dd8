"""The states of a panel: loading, empty, error, forbidden, reconnecting, stale."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route

from tests.browser.chromium import Heard
from tests.browser.conftest import Opener, settled
from tests.browser.world import World


async def test_loading_then_an_error_with_a_way_on(visit: Opener, heard: Heard) -> None:
    heard.expected = ("500 (Internal Server Error)",)
    release = asyncio.Event()
    answers = 0

    async def held(route: Route) -> None:
        nonlocal answers
        answers += 1
        if answers == 1:
            await release.wait()
            problem = '{"title":"Broken","status":500,"detail":"it broke","code":"internal","fix":"Try again"}'
            await route.fulfill(status=500, content_type="application/problem+json", body=problem)
        else:
            await route.continue_()

    async with visit("/#/fleet") as page:
        await page.route("**/api/v1/decisions?*", held)
        await page.goto("/#/")
        await page.locator(".state[data-kind=loading]").first.wait_for()
        release.set()
        await page.locator(".state[data-kind=error]").first.wait_for()
        await page.get_by_role("button", name="Try again").first.click()
        await page.locator(".state[data-kind=error]").first.wait_for(state="detached")
        await page.get_by_role("table", name="Newest decisions").wait_for()


async def test_empty_says_what_to_do(visit: Opener) -> None:
    async with visit("/#/symbols/SIM0001", "operate") as page:
        await settled(page)
        await page.keyboard.press("/")
        await page.get_by_role("dialog").wait_for()
        await page.keyboard.type("zzzz")
        await page.get_by_text("zzzz").first.wait_for()
        assert await page.locator("dialog .state[data-kind=empty], dialog [role=status], dialog .empty").count() > 0


async def test_what_a_role_may_not_see_is_said(visit: Opener, heard: Heard) -> None:
    heard.expected = ("403 (Forbidden)",)
    async with visit("/#/audit", "read") as page:
        await page.locator(".state[data-kind=forbidden]").first.wait_for()


async def test_without_a_token_there_is_a_form(visit: Opener, heard: Heard) -> None:
    heard.expected = ("401 (Unauthorized)",)
    async with visit("/#/risk", "nobody") as page:
        await page.get_by_label("Token").fill("wrong-token-0123456789")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("alert").get_by_text("not known").wait_for()


async def test_a_session_that_has_ended_brings_the_form_and_says_why(visit: Opener, heard: Heard) -> None:
    heard.expected = ("401 (Unauthorized)",)

    async def ended(route: Route) -> None:
        if route.request.method != "PUT":
            return await route.continue_()
        # The write is the first to find out: the page asks for other things all the time.
        await route.request.frame.page.context.clear_cookies()
        problem = '{"title":"Unauthorized","status":401,"detail":"no caller","code":"unauthenticated","fix":"Sign in"}'
        await route.fulfill(status=401, content_type="application/problem+json", body=problem)

    async with visit("/#/symbols/SIM0001", "operate") as page:
        await settled(page)
        await page.route("**/api/v1/limits/*", ended)
        await page.get_by_role("button", name="Limits …").click()
        await page.get_by_label("Size of new positions").fill("50")
        await page.get_by_label("Reason").fill("too late")
        await page.get_by_role("button", name="Write these limits").click()
        await page.get_by_text("Your session has ended. Sign in again.").wait_for()
        await page.get_by_label("Token").wait_for()
        assert await page.get_by_role("dialog").count() == 0
        said = page.get_by_role("log", name="Notices")
        await said.get_by_text("nothing was written: your session has ended").wait_for()
        assert "Bearer" not in await page.locator("body").inner_text()


async def test_a_symbol_that_nobody_knows_is_said_once(visit: Opener, heard: Heard) -> None:
    heard.expected = ("404 (Not Found)",)
    async with visit("/#/symbols/SIM0O01", "operate") as page:
        await page.get_by_text("No decision of SIM0O01 is known").wait_for()
        said = await page.locator("main").inner_text()
        assert said.count("is known") == 1
        assert "GET /api" not in said
        assert await page.get_by_role("button", name="Close it …").count() == 0
        await page.get_by_role("button", name="Block …").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_text("No decision of it is known: check the spelling.").wait_for()
        assert await page.evaluate("() => document.activeElement.tagName") == "TEXTAREA"  # the reason


async def test_a_decision_that_is_not_there_is_said(visit: Opener) -> None:
    async with visit("/#/symbols/SIM0001?at=987654321", "read") as page:
        await page.get_by_text("987654321 is none of these decisions: the newest is shown").wait_for()


async def test_a_silent_gateway_is_stale(world: World, visit: Opener, heard: Heard) -> None:
    heard.expected = ("Failed to load resource", "net::")
    async with visit("/#/fleet") as page:
        await page.clock.install()
        await page.goto("/#/")
        await page.locator(".link-state[data-state=live]").wait_for()
        await settled(page)
        world.gateway.freeze()
        try:
            await page.clock.fast_forward(60_000)
            await page.locator(".link-state:not([data-state=live])").wait_for()
        finally:
            world.gateway.thaw()
        await page.clock.fast_forward(20_000)
        await page.locator(".link-state[data-state=live]").wait_for()
