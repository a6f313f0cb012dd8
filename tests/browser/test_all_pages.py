"""Every page: it loads without a complaint and without a foreign request, for each role, and axe finds nothing."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import Opener, settled
from tests.browser.world import HOSTILE

PAGES = {
    "overview": "/#/",
    "symbols": "/#/symbols",
    "symbol": "/#/symbols/SIM0007",
    "hostile": f"/#/symbols/{HOSTILE.replace('/', '%2F')}",
    "risk": "/#/risk",
    "fleet": "/#/fleet",
    "quality": "/#/quality",
    "alerts": "/#/alerts",
    "models": "/#/models",
    "archive": "/#/archive",
    "audit": "/#/audit",
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_loads_and_is_accessible(name: str, visit: Opener) -> None:
    for theme in ("light", "dark"):
        async with visit(PAGES[name], "admin", color_scheme=theme) as page:
            await settled(page)
            assert await page.locator("main").inner_text()
            found = await violations(page)
            assert not found, theme + "\n" + "\n".join(found)
            assert (
                await page.evaluate("() => document.querySelectorAll('script:not([src]), [onerror], [onclick]').length")
                == 0
            )
