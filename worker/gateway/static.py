"""The pages: files in memory, served under an address that holds their hash; plain ASGI."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from worker.gateway import vendored

ROOT = vendored.PAGES
# lightweight-charts puts this one sheet into the page, for its link to its makers; nothing else may be inline.
LINK_STYLE = "sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY="
CSP = "; ".join(
    (
        "default-src 'self'",
        f"style-src 'self' '{LINK_STYLE}'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".mjs": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
}
INDEX, MARK, PRELOAD = "index.html", b"@assets@", b"@preload@"
# Modules that every page needs: named in the index, so that a browser asks for all at once and not import by import.
EARLY = ("js/core/", "js/components/", "js/shell/")
ASSETS = "/assets/"
FOR_EVER, ASK = b"public, max-age=31536000, immutable", b"no-cache"
LEAST_ZIPPED = 1024  # bytes; smaller files gain nothing

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Asset(NamedTuple):
    """One file: its bytes, the same compressed (None where that gains nothing), its type and its tag."""

    content: bytes
    zipped: bytes | None
    type: bytes
    etag: bytes


class Pages:
    """All files of the pages.

    Each is read once, so an address always means the same bytes and needs no access to the disk. `digest` is the hash
    of all of them and stands in their addresses: a browser keeps them for ever and still sees a new version at once.
    """

    def __init__(self, root: Path = ROOT) -> None:
        found = {
            file.relative_to(root).as_posix(): file.read_bytes()
            for file in sorted(root.rglob("*"))
            if file.suffix in TYPES and file.is_file() and not file.name.startswith("package")
        }
        total = sha256()
        for name, content in found.items():
            total.update(f"{name}\0{len(content)}\0".encode())
            total.update(content)
        self.digest = total.hexdigest()[:16]
        early = "\n".join(
            f'<link rel="modulepreload" href="@assets@/{name}">' for name in found if name.startswith(EARLY)
        )
        index = found[INDEX].replace(PRELOAD, early.encode())
        found[INDEX] = index.replace(MARK, f"assets/{self.digest}".encode())
        self.files = {name: asset(Path(name), content) for name, content in found.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a page or one of its files."""
        if scope["method"] not in {"GET", "HEAD"}:
            return await respond(send, 405, ((b"allow", b"GET, HEAD"),), b"")
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        name, kept = self.find(path)
        if (file := self.files.get(name)) is None:
            return await respond(send, 404, ((b"content-type", TYPES[".txt"]),), b"There is no such page.\n")
        asked = dict(scope["headers"])
        headers = [(b"etag", file.etag), (b"cache-control", kept), (b"vary", b"accept-encoding")]
        if file.etag in (tag.strip().removeprefix(b"W/") for tag in asked.get(b"if-none-match", b"").split(b",")):
            return await respond(send, 304, headers, b"")
        body = file.content
        if file.zipped is not None and b"gzip" in asked.get(b"accept-encoding", b""):
            body = file.zipped
            headers.append((b"content-encoding", b"gzip"))
        headers += [(b"content-type", file.type), (b"content-length", b"%d" % len(body))]
        await respond(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    def find(self, path: str) -> tuple[str, bytes]:
        """Return the file's name and how long a browser may keep it.

        An address of another version gets today's file, to be asked for again: a page that was open during an upgrade
        goes on.
        """
        if path in {"", "/", "/index.html"}:
            return INDEX, ASK
        digest, _, name = path.removeprefix(ASSETS).partition("/") if path.startswith(ASSETS) else ("", "", "")
        return name, FOR_EVER if digest == self.digest else ASK


def asset(name: Path, content: bytes) -> Asset:
    """Prepare a file."""
    zipped = gzip.compress(content, 6, mtime=0) if len(content) >= LEAST_ZIPPED else None
    return Asset(content, zipped, TYPES[name.suffix], f'"{sha256(content).hexdigest()[:16]}"'.encode())


async def respond(
    send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...] | list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Send one whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *HEADERS]})
    await send({"type": "http.response.body", "body": body})
