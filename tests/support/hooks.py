"""A real web server that takes webhooks, in a thread: it remembers each request, and fails as a test tells it."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """One request, with the status that it was answered with."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float  # Unix seconds
    status: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server(ThreadingHTTPServer):
    """One that says nothing about clients that were killed."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing."""


Answer = tuple[int, Mapping[str, str]]


def fine(_: bytes) -> Answer:
    """Take everything."""
    return 200, {}


@dataclass
class Hook:
    """The server; `answer` says what a body gets."""

    answer: Callable[[bytes], Answer] = fine
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = hook.answer(body)
                hook.requests.append(Request(self.path, dict(self.headers), body, time.time(), status))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def taken(self) -> list[Request]:
        """The requests that were answered with 2xx."""
        return [one for one in self.requests if one.status < 300]

    def alerts(self) -> Counter[tuple[str, str]]:
        """How often each alert was told in each state, by its id and state."""
        found: Counter[tuple[str, str]] = Counter()
        for one in self.taken:
            for alert in one.json["alerts"]:
                found[alert["annotations"]["alert_id"], alert["status"]] += 1
        return found
