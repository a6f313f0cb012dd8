"""Failures as `application/problem+json` (RFC 9457), with a code and a fix."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MEDIA = "application/problem+json"
ProblemCode = Literal[
    "bad_request",
    "unknown_parameter",
    "invalid_parameter",
    "invalid_cursor",
    "invalid_body",
    "unauthenticated",
    "forbidden",
    "not_found",
    "out_of_reach",
    "method_not_allowed",
    "not_acceptable",
    "conflict",
    "version_conflict",
    "precondition_required",
    "idempotency_conflict",
    "outcome_unknown",
    "misdirected",
    "foreign_origin",
    "csrf",
    "too_large",
    "uri_too_long",
    "unsupported_media_type",
    "too_many_requests",
    "unavailable",
    "not_ready",
    "internal",
]


class Problem(msgspec.Struct):
    """Why a request failed."""

    type: Annotated[str, Meta(description="`about:blank`: the code tells the kind")]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(description="one sentence without a full stop")]
    code: ProblemCode
    fix: Annotated[str, Meta(description="what to do; empty where nothing helps")]
    instance: Annotated[str, Meta(description="path of the request")]


class Refused(Exception):
    """A request that fails for a known cause."""

    def __init__(
        self, status: int, code: ProblemCode, detail: str, fix: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.fix = status, code, detail, fix
        self.headers = headers or {}

    def problem(self, instance: str) -> Problem:
        """Return the answer."""
        title = HTTPStatus(self.status).phrase
        return Problem("about:blank", title, self.status, self.detail, self.code, self.fix, instance)


def not_found(what: str, fix: str = "") -> Refused:
    """Return the failure of something that is not there."""
    return Refused(404, "not_found", what, fix)
