"""The drawing of 5,000 candles and 500 decisions keeps up with the screen."""

from __future__ import annotations

from tests.browser.conftest import Opener, settled
from tests.browser.frames import FRAME_MS, frame_ms


async def test_an_update_of_5000_candles_fits_into_a_frame(visit: Opener) -> None:
    async with visit("/#/") as page:
        await settled(page)
        assert await frame_ms(page) <= FRAME_MS
