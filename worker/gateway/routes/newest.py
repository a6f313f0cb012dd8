"""The newest decision of a symbol by plain ASGI: it is asked for most often."""

from __future__ import annotations

from typing import NamedTuple

from worker.gateway.answers import SAFE, answer
from worker.gateway.auth.caller import caller_of
from worker.gateway.gateway import Gateway
from worker.gateway.mounts import ASGI, Receive, Scope, Send
from worker.gateway.reading.items import symbol_decision
from worker.gateway.routes.answering import encode
from worker.gateway.segments import segment

PATH = "/api/v1/symbols/"
AGE = b',"age_ms":'


class _Body(NamedTuple):
    offset: int
    topic_id: int
    begin: bytes  # up to the age
    end: bytes
    etag: bytes


class Newest:
    """Stands before the handler of the same path, which describes it and answers whatever is not plain."""

    def __init__(self, gateway: Gateway, handlers: ASGI) -> None:
        self._gateway, self._handlers = gateway, handlers
        self._bodies: dict[str, _Body] = {}

    def answers(self, path: str) -> bool:
        """Return whether a path is that of a symbol."""
        return path.startswith(PATH) and "/" not in path[len(PATH) :]

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        symbol = segment(scope["path"][len(PATH) :])
        body = self._body(symbol, scope) if scope["method"] == "GET" and not scope["query_string"] else None
        if body is None:
            await self._handlers(scope, receive, send)
            return
        headers = [*SAFE[:1], (b"cache-control", b"no-cache"), (b"etag", body.etag)]
        if any(name == b"if-none-match" and body.etag in value for name, value in scope["headers"]):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        age = str(self._gateway.logs.age_ms).encode()
        await answer(send, 200, body.begin + age + body.end, headers=headers)

    def _body(self, symbol: str, scope: Scope) -> _Body | None:
        entry, log = self._gateway.newest.of(symbol), self._gateway.logs.decisions
        if entry is None or log is None:
            return None
        known = self._bodies.get(symbol)
        if known is not None and (known.offset, known.topic_id) == (entry.offset, log.topic_id):
            return known
        item = symbol_decision(symbol, entry, 0, caller_of(scope))
        if item.unreadable:
            return None  # what is shown of it depends on the caller
        begin, _, end = encode(item).rpartition(AGE + b"0")
        etag = f'W/"{log.topic_id & 0xFFFFFFFF:x}-{entry.partition}-{entry.offset}"'.encode()
        made = self._bodies[symbol] = _Body(entry.offset, log.topic_id, begin + AGE, end, etag)
        return made
