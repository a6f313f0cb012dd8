"""One world and one browser for all tests here; each test gets pages of profiles of its own, signed in by role."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.chromium import Heard, executable, launched, opened
from tests.browser.world import TOKENS, World
from worker.broker import Broker
from worker.gateway import vendored

GIVEN = "ALPHAPULSE_TEST_BOOTSTRAP"
Opener = Callable[..., AbstractAsyncContextManager[Page]]
SLOW_MS = 20_000.0  # for the first page of a cold browser on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all: the browser's connection belongs to it. Without a browser say so."""
    here = [item for item in items if "tests/browser/" in str(item.path)]
    loop, broker = pytest.mark.asyncio(loop_scope="session"), pytest.mark.kafka
    missing = None
    if executable() is None:
        missing = pytest.mark.skip(reason="there is no Chromium: apt-get install chromium")
    elif vendored.missing():
        missing = pytest.mark.skip(reason=f"the pages' scripts are missing: {vendored.COMMAND}")
    for item in here:
        item.add_marker(broker)
        item.add_marker(loop, append=False)
        if missing is not None:
            item.add_marker(missing)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Everything behind the pages."""
    given = os.environ.get(GIVEN)
    running = None if given else Broker()
    bootstrap = given or running.start().bootstrap  # type: ignore[union-attr]
    found = World(bootstrap, f"t{uuid.uuid4().hex[:10]}", tmp_path_factory.mktemp("world"))
    try:
        await found.start()
        yield found
    finally:
        found.close()
        if running is not None:
            running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of the session."""
    async with async_playwright() as playwright:
        running = await launched(playwright)
        yield running
        await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signed_in(world: World, browser: Browser) -> dict[str, Any]:
    """The cookies of each role, got as a person does: by the form."""
    found = {}
    for role, token in TOKENS.items():
        async with opened(browser, world.gateway.url, Heard()) as page:
            page.set_default_timeout(SLOW_MS)
            await page.goto("/")
            await page.get_by_label("Token").fill(token)
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_role("navigation", name="Pages").wait_for()
            found[role] = await page.context.storage_state()
    return found


@pytest.fixture
def heard() -> Heard:
    """What this test's pages complain about."""
    return Heard()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(
    world: World, browser: Browser, signed_in: dict[str, Any], heard: Heard
) -> AsyncIterator[Callable[..., AbstractAsyncContextManager[Page]]]:
    """Open a page as somebody with a role; at the end nothing may have been said but what the test expected."""

    @asynccontextmanager
    async def visiting(path: str = "/#/", role: str = "operate", **options: Any) -> AsyncIterator[Page]:
        state = {} if role == "nobody" else {"storage_state": signed_in[role]}
        async with opened(browser, world.gateway.url, heard, **(state | options)) as page:
            page.set_default_timeout(SLOW_MS)
            await page.goto(path)
            yield page

    yield visiting
    assert not heard.faults(), "\n".join(heard.faults())


async def settled(page: Page) -> None:
    """Wait until no panel is loading."""
    await page.wait_for_function(
        "() => document.querySelector('main h1, main h2') && !document.querySelector('[aria-busy=true]')"
    )


Settled = Callable[[Page], Awaitable[None]]
