"""A thin client of the gateway: its resources as methods, its answers as structs, its problems as errors."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from schemas.audit import Acknowledged
from worker.errors import AlphapulseError, Exit
from worker.gateway.resources.audit import AuditItem, AuditPage
from worker.gateway.resources.decisions import DecisionItem, DecisionPage, SymbolDecision
from worker.gateway.resources.limits import (
    Acknowledgement,
    Effect,
    KillPreview,
    LimitsItem,
    LimitsList,
    Written,
)
from worker.gateway.resources.portfolio import PortfolioNow
from worker.gateway.resources.positions import Positions
from worker.gateway.resources.problem import Problem
from worker.gateway.resources.session import SessionFacts
from worker.gateway.resources.switches import Models, Strategies, Switched

T = TypeVar("T")
API = "/api/v1"
TRIES = 4
PAUSE, MOST_PAUSE = 0.2, 5.0  # seconds
AGAIN = frozenset({429, 502, 503, 504})


class GatewayError(AlphapulseError):
    """The gateway refuses a request, or does not answer; `problem` is what it says."""

    exit_code = Exit.TEMPORARY

    def __init__(self, message: str, fix: str = "", problem: Problem | None = None) -> None:
        super().__init__(message, fix)
        self.problem = problem


class GatewayClient:
    """A client of one gateway, for one thread.

    A request that finds no answer, or no answer yet, is repeated up to three times; a write is repeated with the same
    idempotency key, so it is done once.
    """

    def __init__(self, url: str, token: str | None = None, timeout_s: float = 30.0) -> None:
        """Create a client; `url` is the address of the pages."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url.rstrip("/") + API, headers=headers, timeout=timeout_s)

    def __enter__(self) -> GatewayClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # -- reads

    def session(self) -> SessionFacts:
        """Return who calls, and which fleet the gateway shows."""
        return self._get("/session", SessionFacts)

    def symbol(self, symbol: str) -> SymbolDecision:
        """Return the newest decision of a symbol."""
        return self._get(f"/symbols/{_segment(symbol)}", SymbolDecision)

    def decision(self, decision_id: str) -> DecisionItem:
        """Return one decision."""
        return self._get(f"/decisions/{_segment(decision_id)}", DecisionItem)

    def decisions(self, **filters: Any) -> DecisionPage:
        """Return a page of decisions; `filters` are the parameters of the resource, `from_` and `to` times."""
        return self._get("/decisions", DecisionPage, filters)

    def all_decisions(self, **filters: Any) -> Iterator[DecisionItem]:
        """Yield decisions page after page."""
        yield from self._pages("/decisions", DecisionPage, filters)

    def positions(self) -> Positions:
        """Return all positions."""
        return self._get("/positions", Positions)

    def portfolio(self) -> PortfolioNow:
        """Return the newest step of the portfolio's monitor."""
        return self._get("/portfolio", PortfolioNow)

    def limits(self) -> list[LimitsItem]:
        """Return the newest limits of each key."""
        return self._get("/limits", LimitsList).items

    def limits_of(self, key: str) -> LimitsItem | None:
        """Return the limits of a key; None where it has none of its own."""
        try:
            return self._get(f"/limits/{_segment(key)}", LimitsItem)
        except GatewayError as error:
            if error.problem is not None and error.problem.code == "not_found":
                return None
            raise

    def effect(self, key: str, version: int | None = None) -> Effect:
        """Return in which partitions the newest decisions obey a record of a key."""
        return self._get(f"/limits/{_segment(key)}/effect", Effect, {"version": version})

    def kill_preview(self, key: str = "*") -> KillPreview:
        """Return the positions that a kill would close."""
        return self._get("/kill/preview", KillPreview, {"key": key})

    def audit(self, **filters: Any) -> Iterator[AuditItem]:
        """Yield acts page after page, for the role admin."""
        yield from self._pages("/audit", AuditPage, filters)

    # -- writes

    def set_limits(self, key: str, version: int | None, reason: str, **values: Any) -> Written:
        """Change `risk_mult`, `max_notional`, `allow_open`, `kill` or `effective_ts`; the others keep their values.

        `version` is that of the record that is followed; None: the key has none yet.
        """
        condition = {"If-None-Match": "*"} if version is None else {"If-Match": f'"{version}"'}
        return self._write("PUT", f"/limits/{_segment(key)}", Written, {"reason": reason} | values, condition)

    def remove_limits(self, key: str, version: int, reason: str) -> Written:
        """Remove the record of a key."""
        path = f"/limits/{_segment(key)}?reason={quote(reason, safe='')}"
        return self._write("DELETE", path, Written, None, {"If-Match": f'"{version}"'})

    def kill(self, key: str, reason: str) -> Written:
        """Close all positions of a symbol, or with `*` of all symbols, and open none."""
        return self._write("POST", "/kill", Written, {"key": key, "reason": reason, "word": "KILL"})

    def acknowledge(self, subject: Acknowledged, reason: str) -> Acknowledgement:
        """Acknowledge a kill, or decisions that can't be read."""
        return self._write("POST", "/acknowledgements", Acknowledgement, {"subject": subject, "reason": reason})

    def models(self) -> Models:
        """Return the registry, the model in force, and who switched it."""
        return self._get("/models", Models)

    def switch_model(self, name: str | None, version: str, reason: str, **more: Any) -> Switched:
        """Use another model of the registry, or with None none; `more` are `digest` and `effective_ts`."""
        body = {"name": name, "version": version, "reason": reason} | more
        return self._write("POST", "/models/switch", Switched, body)

    def strategies(self) -> Strategies:
        """Return the configured strategy, the one in force, and who switched it."""
        return self._get("/strategies", Strategies)

    def switch_strategy(self, parameters: Mapping[str, Any], reason: str, **more: Any) -> Switched:
        """Use other parameters; `more` are the `digest` of another source, `wait` and `effective_ts`."""
        body = {"parameters": dict(parameters), "reason": reason} | more
        return self._write("POST", "/strategies/switch", Switched, body)

    # -- requests

    def _get(self, path: str, kind: type[T], query: Mapping[str, Any] | None = None) -> T:
        given = {name.rstrip("_"): value for name, value in (query or {}).items() if value is not None}
        return self._asked("GET", path, kind, params=given)

    def _pages(self, path: str, kind: type[Any], filters: Mapping[str, Any]) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            page = self._get(path, kind, {**filters, "cursor": cursor})
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    def _write(self, method: str, path: str, kind: type[T], body: Any, headers: Mapping[str, str] | None = None) -> T:
        given = {**(headers or {}), "Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        return self._asked(method, path, kind, headers=given, content=content)

    def _asked(self, method: str, path: str, kind: type[T], **request: Any) -> T:
        pause, failed = PAUSE, GatewayError("the gateway was not asked")
        for left in range(TRIES, 0, -1):
            wait = pause
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                failed = GatewayError(f"the gateway does not answer ({type(error).__name__})", "Check its address")
            else:
                if answer.is_success:
                    return _decoded(answer, kind)
                failed = _problem(answer)
                if answer.status_code not in AGAIN:
                    raise failed
                wait = max(pause, min(_seconds(answer), MOST_PAUSE))
            if left > 1:
                time.sleep(wait)  # the gateway does not tell when it is ready
            pause *= 2
        raise failed


def _decoded(answer: httpx.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GatewayError(
            f"the answer has a form that this client does not know: {error}", "Use the client of the gateway's version"
        ) from None


def _problem(answer: httpx.Response) -> GatewayError:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return GatewayError(f"the answer is {answer.status_code}, and not the gateway's", "Check the address")
    return GatewayError(problem.detail, problem.fix, problem)


def _seconds(answer: httpx.Response) -> float:
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else 0.0


def _segment(text: str) -> str:
    return quote(text, safe="")
