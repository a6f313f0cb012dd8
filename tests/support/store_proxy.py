"""An HTTP proxy in front of a store, which fails as stores do: at requests that a rule names, in a way it names."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

# error500, error403: answered without asking the store. late: done by the store, but never answered. half: the answer
# ends within its body. lost: the request never reaches the store, nor is it answered. strip: without its condition.
Fault = Literal["error500", "error403", "late", "half", "lost", "strip"]
COMMIT = r"PUT .*/_delta_log/\d+\.json"
DATA = r"(PUT|POST) .*\.parquet"
READ = r"GET .*"
BODY = b'<?xml version="1.0"?><Error><Code>%s</Code><Message>by the test</Message></Error>'
CODES = {"error500": (500, b"InternalError"), "error403": (403, b"AccessDenied")}


@dataclass
class Rule:
    """Strikes the requests `METHOD /path` that match, `times` of them after `after` others; then calls `told`."""

    pattern: str
    fault: Fault
    times: int = 1
    after: int = 0
    told: Callable[[], None] = lambda: None
    struck: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)

    def strikes(self, line: str) -> bool:
        if not re.fullmatch(self.pattern, line):
            return False
        self._seen += 1
        if self._seen <= self.after or self.struck >= self.times:
            return False
        self.struck += 1
        return True


class StoreProxy:
    """The proxy. `rules` may change at any time; `down` refuses connections as a store that is gone does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.rules: list[Rule] = []
        self.down = False
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self, self._port))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def rule(self, *arguments: Any, **named: Any) -> Rule:
        """Add a rule."""
        with self.lock:
            self.rules.append(Rule(*arguments, **named))
            return self.rules[-1]

    def find(self, line: str) -> Rule | None:
        """The rule that strikes a request."""
        with self.lock:
            return next((rule for rule in self.rules if rule.strikes(line)), None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, owner: StoreProxy, upstream: int, *arguments: Any) -> None:
        self.owner, self.upstream = owner, upstream
        super().__init__(*arguments)

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.owner.down:
            return self._cut()
        rule = self.owner.find(f"{self.command} {self.path.partition('?')[0]}")
        fault = rule.fault if rule else None
        if fault in CODES:
            code, name = CODES[fault]
            self._answer(code, {"Content-Type": "application/xml"}, BODY % name)
        elif fault == "lost":
            self._cut()
        else:
            self._forward(body, fault)
        if rule:
            rule.told()
        return None

    def _forward(self, body: bytes, fault: str | None) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        if fault == "strip":
            headers = {name: value for name, value in headers.items() if name.lower() != "if-none-match"}
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            found = answer.read()
        except OSError:
            return self._cut()
        finally:
            connection.close()
        if fault == "late":
            return self._cut()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        if self.command == "HEAD":
            kept["Content-Length"] = answer.getheader("Content-Length") or "0"
        self._answer(answer.status, kept, found, half=fault == "half")
        return None

    def _answer(self, code: int, headers: dict[str, str], body: bytes, half: bool = False) -> None:
        with suppress(ConnectionError):  # a client that was killed, or gave up, has gone
            self._write(code, headers, body, half)
        if half:
            self._cut()

    def _write(self, code: int, headers: dict[str, str], body: bytes, half: bool) -> None:
        self.send_response_only(code)
        size = headers.get("Content-Length", str(len(body))) if self.command == "HEAD" else str(len(body))
        for name, value in (headers | {"Content-Length": size}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if half else body)

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})
