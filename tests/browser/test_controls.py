"""Limits from the pages: written once though an answer is lost, never over another's unseen, not for readers."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Page, Route

from tests.browser.chromium import Heard
from tests.browser.conftest import Opener, settled
from tests.browser.world import SYMBOLS, TOKENS, World
from tests.support.fleet import until


async def limits_of(world: World, key: str) -> Any:
    """Return what the gateway says of a key."""
    return (await world.gateway.get(f"limits/{key}", token=TOKENS["operate"])).json()


async def has_size(world: World, key: str, risk_mult: float) -> bool:
    """Return whether the gateway knows this size of a key."""
    control = (await limits_of(world, key)).get("control")
    return control is not None and control["risk_mult"] == risk_mult


async def begin(page: Page, name: str, symbol: str) -> None:
    """Open the dialog on a symbol's limits."""
    await page.goto(f"/#/symbols/{symbol}")
    await settled(page)
    await page.get_by_role("button", name=name).click()
    await page.get_by_label("Size of new positions").wait_for()


async def test_a_lost_answer_is_asked_for_again_and_written_once(world: World, visit: Opener, heard: Heard) -> None:
    heard.expected = ("net::ERR_FAILED",)
    keys: list[str | None] = []

    async def lose_the_first(route: Route) -> None:
        if route.request.method != "PUT":
            return await route.continue_()
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) > 1:
            return await route.continue_()
        await route.fetch()  # the gateway has written it
        await route.abort()

    async with visit("/#/") as page:
        await page.route("**/api/v1/limits/*", lose_the_first)
        await begin(page, "Block …", "SIM0005")
        await page.get_by_label("Reason").fill("its feed repeats itself")
        await page.get_by_role("button", name="Write these limits").click()
        await page.get_by_role("dialog").get_by_text("Written as version").wait_for()
    assert len(keys) == 2
    assert keys[0] == keys[1] is not None
    acts = await world.gateway.get("audit", token=TOKENS["admin"], subject="SIM0005")
    assert [(item["act"]["action"], item["act"]["reason"]) for item in acts.json()["items"]] == [
        ("set_limits", "its feed repeats itself")
    ]
    assert (await limits_of(world, "SIM0005"))["control"]["allow_open"] is False


async def test_a_dialog_closed_while_it_writes_tells_the_outcome_afterwards(world: World, visit: Opener) -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method == "PUT":
            arrived.set()
            await release.wait()
        await route.continue_()

    async with visit("/#/") as page:
        await page.route("**/api/v1/limits/*", hold)
        await begin(page, "Limits …", "SIM0007")
        await page.get_by_label("Size of new positions").fill("40")
        await page.get_by_label("Reason").fill("closed too early")
        await page.get_by_role("button", name="Write these limits").click()
        await arrived.wait()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_text("Closing does not undo what was sent").wait_for()
        assert await dialog.get_by_role("button", name="Cancel").count() == 0
        await page.keyboard.press("Escape")
        await dialog.wait_for(state="detached")
        release.set()
        notices = page.get_by_role("log", name="Notices")
        await notices.get_by_text("Limits of SIM0007: it was written as version").wait_for()
        await page.goto("/#/fleet")
        await notices.get_by_role("button", name="Dismiss this notice").click()
        assert await notices.inner_text() == ""
    await until(lambda: has_size(world, "SIM0007", 0.4), 20.0, "the gateway has read what it wrote")


async def test_what_somebody_else_wrote_meanwhile_is_shown_and_kept(world: World, visit: Opener, heard: Heard) -> None:
    heard.expected = ("412 (Precondition Failed)",)
    async with visit("/#/") as page:
        await begin(page, "Limits …", "SIM0006")
        await page.get_by_label("Size of new positions").fill("50")
        await page.get_by_label("Reason").fill("half of it is enough")
        other = await world.gateway.put(
            "limits/SIM0006",
            {"allow_open": False, "reason": "another desk blocks it"},
            token=TOKENS["admin"],
            headers={"If-None-Match": "*"},
        )
        assert other.status_code == 200
        await page.get_by_role("button", name="Write these limits").click()
        said = page.get_by_role("alert").filter(has_text="somebody changed this meanwhile")
        await said.wait_for()
        assert "another desk blocks it" in await said.inner_text()
        assert (await limits_of(world, "SIM0006"))["control"]["risk_mult"] == 1.0
        await page.get_by_role("button", name="Write these limits").click()
        await page.get_by_role("dialog").get_by_text("Written as version").wait_for()
    found = (await limits_of(world, "SIM0006"))["control"]
    assert (found["allow_open"], found["risk_mult"]) == (False, 0.5)


async def test_a_block_is_seen_at_the_top_whoever_repeats_it_and_can_be_lifted_there(
    world: World, visit: Opener, heard: Heard
) -> None:
    heard.expected = ("412 (Precondition Failed)",)  # where the monitor repeats the record meanwhile; the page goes on
    async with visit("/#/") as page:
        await settled(page)
        await begin(page, "Block …", "SIM0008")
        await page.get_by_label("Reason").fill("a split is coming")
        await page.get_by_role("button", name="Write these limits").click()
        await page.get_by_role("dialog").get_by_text("Written as version").wait_for()
        await page.keyboard.press("Escape")
        # The monitor may have stopped all symbols meanwhile, which stands there too.
        badge = page.locator(".symbol-head .standing").filter(has_text="a split is coming")
        await badge.filter(has_text="No new positions: by the operate of tests").wait_for()
        written = (await limits_of(world, "SIM0008"))["since_version"]

        async def repeated() -> bool:
            await world.play(SYMBOLS)
            return bool((await limits_of(world, "SIM0008"))["version"] > written)

        await until(repeated, 30, "the monitor repeats the record")
        found = await limits_of(world, "SIM0008")
        assert (found["by"], found["who"], found["since_version"]) == ("operator", "the operate of tests", written)
        assert "by the operate of tests" in await badge.inner_text()
        await page.goto("/#/symbols")
        await settled(page)
        row = page.get_by_role("row").filter(has_text="SIM0008")
        await row.get_by_text("no new positions").first.wait_for()
        await page.goto("/#/symbols/SIM0008")
        await settled(page)
        await page.get_by_role("button", name="Lift …").click()
        await page.get_by_label("Reason").fill("it has come")
        await page.get_by_role("button", name="Lift", exact=True).click()
        await page.get_by_role("dialog").get_by_text("are lifted").wait_for()
        await page.keyboard.press("Escape")
        await badge.wait_for(state="detached")


async def test_a_reader_sees_limits_and_no_controls(visit: Opener) -> None:
    async with visit("/#/risk", "read") as page:
        await settled(page)
        await page.get_by_role("heading", name="Limits in force").wait_for()
        for name in ("Block …", "Limits …", "Change", "Lift"):
            assert await page.get_by_role("button", name=name).count() == 0


async def test_without_a_monitor_a_kill_of_all_is_said_on_the_page_of_risk(visit: Opener) -> None:
    record = {"key": "*", "version": 3, "since_version": 3, "written_ms": 1, "renewed_ms": 1, "by": "operator"}
    control = {"key": "*", "version": 3, "effective_ts": 0, "kill": "close_all"}
    items = [record | {"control": control, "who": "ann", "reason": "fills look wrong", "stale": False}]

    async def none(route: Route) -> None:
        await route.fulfill(json={"portfolio": None, "monitor": "none", "timestamp": None})

    async def one(route: Route) -> None:
        await route.fulfill(json={"items": items})

    async def quiet(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/event-stream", body=": quiet\n\n")

    async with visit("/#/fleet") as page:
        for path, answer in (("portfolio", none), ("limits", one), ("stream?*", quiet)):
            await page.route(f"**/api/v1/{path}", answer)
        await page.goto("/#/risk")
        box = page.locator(".may-open")
        await box.get_by_text("No. All positions are being closed").wait_for()
        await box.get_by_text("by ann, fills look wrong").wait_for()
        await box.get_by_role("button", name="Lift …").wait_for()
