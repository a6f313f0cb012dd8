"""A real Chromium for tests: no background traffic, and everything that a page complained about."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, Request

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # containers and CI run as root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--metrics-recording-only",
    "--enable-precise-memory-info",
)
WIDE = {"width": 1280, "height": 900}


def executable() -> str | None:
    """The installed Chromium; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Heard:
    """What pages said and asked for."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # parts of errors that a test provokes

    def faults(self) -> list[str]:
        """Errors that nobody provoked, and requests to other origins."""
        return self.foreign + [one for one in self.errors if not any(part in one for part in self.expected)]


async def launched(playwright: Playwright) -> Browser:
    """Start the browser."""
    return await playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))


@asynccontextmanager
async def opened(browser: Browser, origin: str, heard: Heard, **options: Any) -> AsyncIterator[Page]:
    """A page of a profile of its own; `heard` gets what it complains about."""
    context = await browser.new_context(**({"viewport": WIDE, "base_url": origin} | options))
    page = await context.new_page()
    host = urlsplit(origin).netloc

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.errors.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            heard.foreign.append(request.url)

    page.on("console", said)
    page.on("pageerror", lambda error: heard.errors.append(f"uncaught: {error}"))
    page.on("request", asked)
    try:
        yield page
    finally:
        await context.close()
