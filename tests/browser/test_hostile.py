"""Text from outside is text: a symbol of markup, a payload of markup, absurd numbers, records that nobody can read."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.async_api import Dialog

from tests.browser.chromium import Heard
from tests.browser.conftest import Opener, settled
from tests.browser.world import HOSTILE


async def test_markup_in_a_symbol_is_shown_and_does_nothing(visit: Opener) -> None:
    alerted: list[str] = []

    async def alert(dialog: Dialog) -> None:
        alerted.append(dialog.message)
        await dialog.dismiss()

    async with visit(f"/#/symbols/{quote(HOSTILE, safe='')}", "admin") as page:
        page.on("dialog", alert)
        await settled(page)
        assert await page.get_by_role("heading", level=1).inner_text() == HOSTILE
        assert await page.locator("main img").count() == 0
        await page.goto("/#/symbols")
        await page.get_by_role("link", name=HOSTILE).first.wait_for()
        await page.goto("/#/")
        await settled(page)
        await page.goto("/#/quality?code=malformed_record")
        await page.get_by_role("button", name=re.compile("Raw record of .*<b>")).first.click()
        await page.get_by_role("dialog").get_by_text("<script>alert(1)</script>").wait_for()
        assert await page.locator("main script, main img").count() == 0
    assert alerted == []


async def test_a_reader_gets_no_payload(visit: Opener) -> None:
    async with visit("/#/quality?code=malformed_record", "read") as page:
        await page.get_by_role("button", name=re.compile("Raw record of .*<b>")).first.click()
        await page.get_by_role("dialog").locator(".state[data-kind=forbidden]").wait_for()
        assert await page.get_by_text("<script>alert(1)</script>").count() == 0


async def test_a_symbol_that_never_came_is_named(visit: Opener, heard: Heard) -> None:
    heard.expected = ("404 (Not Found)",)
    async with visit("/#/symbols/NOBODY") as page:
        await page.get_by_text("NOBODY").first.wait_for()
        await page.locator(".state:is([data-kind=empty], [data-kind=error])").first.wait_for()
