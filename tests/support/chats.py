"""Slack, Discord and Telegram at their own names: a proxy of HTTPS that answers as they do, with a test's authority.

A program reaches it by `HTTPS_PROXY` and trusts it by `REQUESTS_CA_BUNDLE`; not a line of it is changed.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.support.certificates import Authority

NAMES = ("hooks.slack.com", "discord.com", "api.telegram.org")


class Asked(NamedTuple):
    """A request that came through."""

    host: str
    path: str
    body: Any


Answers = Callable[[Asked], tuple[int, bytes]]


def as_they_do(asked: Asked) -> tuple[int, bytes]:
    """Return status and body of a service that takes a message."""
    if asked.host == "hooks.slack.com":
        return 200, b"ok"
    if asked.host == "discord.com":
        return 204, b""
    return 200, b'{"ok":true,"result":{"message_id":1}}'


class Chats:
    """The proxy, in threads; `asked` holds what came."""

    def __init__(self, folder: Path, answers: Answers = as_they_do) -> None:
        authority = Authority(folder)
        certificate = authority.issue("chats", ",".join(f"DNS:{name}" for name in NAMES))
        self.asked: list[Asked] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        chats = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            host = ""

            def do_CONNECT(self) -> None:
                self.host = self.path.partition(":")[0]
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                self.close_connection = False

            def finish(self) -> None:
                super().finish()
                self.connection.close()  # the server closes the plain one only

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"] or 0))
                asked = Asked(self.host, self.path, json.loads(content))
                chats.asked.append(asked)
                status, body = answers(asked)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.variables = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._server.server_port}",
            "REQUESTS_CA_BUNDLE": str(authority.certificate),
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
