"""Sessions of browsers: a token for a cookie, and what a page has to send with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.asked import API, HERE, asking, bearer, gateway_of
from tests.support.tokens import EXPIRED, SECRETS, entry, token_file
from worker.errors import ConfigError
from worker.gateway.auth import token_file as token_files
from worker.gateway.gateway import Gateway

SESSION = f"{API}/session"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return token_file(tmp_path)


@pytest.fixture
def gateway(tokens: Path) -> Gateway:
    return gateway_of(auth="token", token_file=tokens)


async def test_a_token_becomes_a_cookie_that_pages_cannot_read(gateway: Gateway) -> None:
    async with asking(gateway) as client:
        begun = await client.post(SESSION, json={"token": SECRETS["operate"]})
        assert begun.status_code == 200
        said = begun.headers["set-cookie"]
        assert "HttpOnly" in said
        assert "SameSite=Strict" in said
        assert "Secure" not in said
        facts = (await client.get(SESSION)).json()
        assert {"who": "operate", "role": "operate", "auth": "token", "bootstrap": None}.items() <= facts.items()
        assert facts["csrf"] == begun.json()["csrf"]
        assert (await client.delete(SESSION)).status_code == 204
        assert (await client.get(SESSION)).status_code == 401


async def test_behind_tls_the_cookie_is_secure(gateway: Gateway) -> None:
    for base, headers in (("https://127.0.0.1", {}), (HERE, {"X-Forwarded-Proto": "https"})):
        async with asking(gateway, base, headers=headers) as client:
            said = (await client.post(SESSION, json={"token": SECRETS["read"]})).headers["set-cookie"]
            assert said.startswith("__Host-alphapulse=")
            assert "; Secure" in said


async def test_a_write_of_a_session_needs_its_pages_word(gateway: Gateway) -> None:
    kill = f"{API}/kill"
    async with asking(gateway) as client:
        csrf = (await client.post(SESSION, json={"token": SECRETS["read"]})).json()["csrf"]
        wrong: list[dict[str, Any]] = [{}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": "é".encode()}]
        answers = [await client.post(kill, json={}, headers=headers) for headers in wrong]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "csrf")] * 3
        assert (await client.post(kill, json={}, headers={"X-CSRF-Token": csrf})).json()["code"] != "csrf"
    async with asking(gateway, headers=bearer(SECRETS["read"])) as client:
        assert (await client.post(kill, json={})).json()["code"] != "csrf"
        assert (await client.get(SESSION)).json()["csrf"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("x" * 40),
        bearer(EXPIRED),
        bearer(SECRETS["read"][:-1]),
        {"Authorization": f"Basic {SECRETS['read']}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer " + "x" * 9_000},
        {"Cookie": f"alphapulse={'x' * 40}"},
        {"Cookie": "alphapulse"},
        {"Cookie": "alphapulse=; ;;=="},
        {"Cookie": f"__Host-alphapulse={SECRETS['read']}"},
    ],
)
async def test_nobody_else_is_let_in(gateway: Gateway, headers: dict[str, str]) -> None:
    async with asking(gateway, headers=headers) as client:
        answer = await client.get(SESSION)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["fix"]
    assert all(secret not in answer.text for secret in SECRETS.values())


@pytest.mark.parametrize(
    "body", [{"token": "x"}, {"token": EXPIRED}, {"token": "ü" * 8}, {"token": ""}, {}, {"tken": "x"}, []]
)
async def test_what_is_no_token_begins_nothing(gateway: Gateway, body: Any) -> None:
    async with asking(gateway) as client:
        answer = await client.post(SESSION, json=body)
    assert answer.status_code in (400, 401)
    assert "set-cookie" not in answer.headers


def revoke(tokens: Path) -> None:
    tokens.write_text("token = []", encoding="utf-8")


async def test_a_revoked_token_is_refused_at_once(
    gateway: Gateway, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_files, "LOOK", 0.0)
    async with asking(gateway, headers=bearer(SECRETS["admin"])) as client:
        facts = (await client.get(SESSION)).json()
        assert (facts["role"], facts["bootstrap"]) == ("admin", gateway.settings.kafka.bootstrap_servers)
        revoke(tokens)
        assert (await client.get(SESSION)).status_code == 401


async def test_a_token_that_no_cookie_holds_is_for_headers(tmp_path: Path) -> None:
    async with asking(gateway_of(auth="token", token_file=odd(tmp_path / "tokens.toml"))) as client:
        assert (await client.post(SESSION, json={"token": "a;b"})).json()["code"] == "invalid_body"
        assert (await client.get(SESSION, headers=bearer("a;b"))).status_code == 200


def odd(file: Path) -> Path:
    file.write_text(entry("a", "read", "a;b"), encoding="utf-8")
    return file


async def test_reads_are_limited_by_caller_and_failures_by_address(tokens: Path) -> None:
    gateway = gateway_of(auth="token", token_file=tokens, reads_per_s=5, writes_per_s=1)
    gateway.auth._rates._clock = lambda: 0.0  # no time passes, however slow the machine is
    async with asking(gateway) as client:
        for headers in (bearer(SECRETS["read"]), {}, bearer("wrong")):
            codes = [(await client.get(SESSION, headers=headers)).status_code for _ in range(25)]
            assert codes[-1] == 429
        limited = await client.get(SESSION, headers=bearer(SECRETS["read"]))
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
        assert (await client.get(SESSION, headers=bearer(SECRETS["operate"]))).status_code == 200


async def test_on_loopback_nobody_need_say_who_it_is() -> None:
    async with asking(gateway_of()) as client:
        facts = (await client.get(SESSION)).json()
        assert (facts["who"], facts["role"], facts["auth"], facts["csrf"]) == ("local", "admin", "none", None)
        begun = await client.post(SESSION, json={"token": "x"})
        assert (begun.status_code, "set-cookie" in begun.headers) == (200, False)
        foreign = await client.post(SESSION, json={"token": "x"}, headers={"Origin": "http://evil.example"})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin")
        misled = await client.get(SESSION, headers={"Host": "evil.example"})
        assert (misled.status_code, misled.json()["code"]) == (421, "misdirected")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "gateway"])
def test_elsewhere_somebody_has_to(host: str) -> None:
    with pytest.raises(ConfigError, match=r"gateway\.auth=none lets everybody be admin"):
        gateway_of(host=host)


def test_tokens_need_a_file() -> None:
    with pytest.raises(ConfigError, match=r"needs gateway\.token_file"):
        gateway_of(auth="token")


async def test_each_answer_has_the_id_of_its_request(gateway: Gateway) -> None:
    async with asking(gateway) as client:
        for headers in ({"X-Request-Id": "abc-1"}, bearer(SECRETS["read"]) | {"X-Request-Id": "abc-1"}):
            assert (await client.get(SESSION, headers=headers)).headers["x-request-id"] == "abc-1"
        made = {
            (await client.get(SESSION, headers=h)).headers["x-request-id"] for h in ({}, {"X-Request-Id": "x" * 101})
        }
        assert {len(each) for each in made} == {32}


@pytest.mark.parametrize("path", ["//api/v1/session", "/x/../api/v1/session", "/.openapi", "/%2fapi/v1/session"])
async def test_no_path_leads_past_the_check(gateway: Gateway, path: str) -> None:
    from worker.gateway.app import create_app

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "http_version": "1.1",
        "root_path": "",
    }
    await create_app(gateway)(scope, receive, send)
    assert sent[0]["status"] in (401, 404)
