"""What a request for a stream asks for, and how it is refused."""

from __future__ import annotations

import pytest

from worker.gateway.auth.caller import Caller
from worker.gateway.resources.problem import Refused
from worker.gateway.stream.wanted import Kind, read_wanted

READER = Caller("rita", "read", "token")
ADMIN = Caller("ada", "admin", "token")


def ask(query: str, caller: Caller = ADMIN, last: str | None = None) -> object:
    headers = [] if last is None else [(b"last-event-id", last.encode())]
    return read_wanted({"query_string": query.encode(), "headers": headers}, caller)


def test_what_is_asked_for_has_one_order() -> None:
    wanted = read_wanted({"query_string": b"topics=status,audit,decisions&mode=latest", "headers": []}, ADMIN)
    assert wanted.kind == Kind(("decisions", "audit", "status"), "latest", None, True)
    assert wanted.kind.records == ("decisions", "audit")
    assert (wanted.start, wanted.last) == ("end", {})
    usual = read_wanted({"query_string": b"", "headers": []}, READER)
    assert usual.kind == Kind(("decisions",), "all", None, False)


def test_the_header_counts_before_the_parameter() -> None:
    query = b"last_event_id=decisions.00000001=0:5"
    wanted = read_wanted({"query_string": query, "headers": [(b"last-event-id", b"decisions.00000001=0:7")]}, ADMIN)
    assert wanted.last["decisions"].offsets == {0: 7}
    assert read_wanted({"query_string": query, "headers": []}, ADMIN).last["decisions"].offsets == {0: 5}


@pytest.mark.parametrize(
    ("query", "fix"),
    [
        ("topic=decisions", "Did you mean topics?"),
        ("topics=decision", "Known are decisions, rejections"),
        ("topics=", "Known are"),
        ("mode=every", "Use all or latest"),
        ("from=2020", "Use end or start"),
        ("symbol=", "Name a symbol"),
        ("mode=all&mode=latest", "Give each one once"),
        ("last_event_id=7", "Send the id of an event"),
    ],
)
def test_what_can_not_be_understood_is_refused(query: str, fix: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(query)
    assert refused.value.status == 400
    assert fix in refused.value.fix


def test_audit_is_for_admins() -> None:
    with pytest.raises(Refused) as refused:
        ask("topics=decisions,audit", READER)
    assert (refused.value.status, refused.value.code) == (403, "forbidden")


def test_a_symbol_filters_what_has_symbols() -> None:
    kind = Kind(("decisions", "limits", "portfolio"), "all", "A", True)
    assert [kind.keys(topic) for topic in kind.topics] == [{b"A"}, {b"A", b"*"}, None]
    assert kind._replace(symbol=None).keys("decisions") is None
