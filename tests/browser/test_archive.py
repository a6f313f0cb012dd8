"""The page Archive: rows of one symbol, a file that holds them, and what the archive has not."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from tests.browser.conftest import Opener, settled
from tests.browser.world import World


async def test_rows_of_a_symbol_and_the_same_as_a_file(world: World, visit: Opener, tmp_path: Path) -> None:
    async with visit("/#/archive?table=decisions&symbol=SIM0003", "read", accept_downloads=True) as page:
        await settled(page)
        rows = page.get_by_role("group", name="Rows of the archive").locator("tbody tr")
        shown = await rows.count()
        assert shown == 100
        assert await page.locator("main a.subject").all_inner_texts() == ["SIM0003"] * shown
        async with page.expect_download() as waiting:
            await page.get_by_role("button", name="Download").click()
        saved = tmp_path / (await waiting.value).suggested_filename
        await (await waiting.value).save_as(saved)
        table = pq.read_table(saved)
        assert saved.name == "decisions.parquet"
        assert set(table["symbol"].to_pylist()) == {"SIM0003"}
        assert len(table) > shown
        await page.get_by_text(f"{len(table):,} rows: all of them".replace(",", " ")).wait_for()


async def test_what_is_not_there_is_said(visit: Opener) -> None:
    async with visit("/#/archive", "read") as page:
        await settled(page)
        await page.get_by_label("Symbol", exact=True).fill("NOSUCH")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_text("The archive has no such row").wait_for()
        await page.get_by_label("Table").select_option("rejections")
        await page.get_by_label("Symbol", exact=True).fill("")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_role("group", name="Rows of the archive").wait_for()
        heads = await page.locator("main th[scope=col]").all_inner_texts()
        assert not any("payload" in head.lower() for head in heads)
