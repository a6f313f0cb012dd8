"""The pages as an ASGI app: addresses, caches, headers, and no way out of their folder."""

from __future__ import annotations

import base64
import gzip
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from worker.gateway import vendored
from worker.gateway.static import LINK_STYLE, Pages


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(pages: Pages, path: str, method: str = "GET", **headers: str) -> Answer:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    asked = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await pages({"type": "http", "method": method, "path": path, "headers": asked}, receive, send)
    start, *bodies = sent
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(part["body"] for part in bodies),
    )


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages()


async def test_the_index_is_asked_for_again_and_names_its_files_by_their_hash(pages: Pages) -> None:
    index = await ask(pages, "/")
    assert (index.status, index.headers["cache-control"]) == (200, "no-cache")
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r'(?:href|src)="(assets/[^"]+)"', index.body.decode())
    assert len(links) > 5
    for link in links:
        file = await ask(pages, f"/{link}")
        assert file.status == 200, link
        assert "immutable" in file.headers["cache-control"]


async def test_nothing_inline_is_allowed_but_one_known_sheet(pages: Pages) -> None:
    index = await ask(pages, "/")
    policy = index.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert index.headers["x-content-type-options"] == "nosniff"
    text = index.body.decode()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", text)
    library = (vendored.FOLDER / "lightweight-charts.mjs").read_text(encoding="utf-8")
    found = re.search(r"a#tv-attr-logo\{[^`'\"]*\}", library)
    assert found is not None
    assert base64.b64encode(sha256(found[0].encode()).digest()).decode() == LINK_STYLE.removeprefix("sha256-")


async def test_a_known_tag_costs_no_body_and_a_head_neither(pages: Pages) -> None:
    whole = await ask(pages, "/", accept_encoding="gzip, br")
    assert whole.headers["content-encoding"] == "gzip"
    plain = await ask(pages, "/")
    assert gzip.decompress(whole.body) == plain.body
    same = await ask(pages, "/", if_none_match=f'W/{whole.headers["etag"]}, "other"')
    assert (same.status, same.body) == (304, b"")
    head = await ask(pages, "/", "HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(plain.body)))


async def test_an_address_of_another_version_gets_todays_file(pages: Pages) -> None:
    old = await ask(pages, "/assets/0000000000000000/js/app.js")
    assert (old.status, old.headers["cache-control"]) == (200, "no-cache")
    assert old.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["/assets/x/../static.py", "/../static.py", "/assets/x//etc/passwd", "/js/app.js", "/assets/x/package.json", "/x"],
)
async def test_what_is_no_page_is_not_found(pages: Pages, path: str) -> None:
    assert (await ask(pages, path)).status == 404


async def test_only_reading_is_answered(pages: Pages) -> None:
    refused = await ask(pages, "/", "POST")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


def test_a_change_of_any_file_changes_all_addresses(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="@assets@/a.js"></script>', encoding="utf-8")
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    before = Pages(tmp_path)
    (tmp_path / "a.js").write_text("2", encoding="utf-8")
    after = Pages(tmp_path)
    assert before.digest != after.digest
    assert f"assets/{after.digest}/a.js".encode() in after.files["index.html"].content
