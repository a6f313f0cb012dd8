"""Whom an issuer's token names, and which tokens name nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.asked import API, asking, bearer, gateway_of
from tests.support.issuer import AUDIENCE, Issuer, ec_key, rsa_key
from worker.errors import ConfigError
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.oidc import Oidc, claim
from worker.gateway.resources.problem import Refused
from worker.settings.gateway import OidcSettings

ROLES = {"traders": "operate", "quants": "read", "root": "admin"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


def check(issuer: Issuer, **settings: Any) -> Oidc:
    given = {"issuer": issuer.url, "audience": AUDIENCE, "roles": ROLES}
    return Oidc(OidcSettings.model_validate(given | settings))


async def named(issuer: Issuer, secret: str, **settings: Any) -> Caller:
    found = check(issuer, **settings)
    try:
        return await found.caller(secret)
    finally:
        await found.issuer.stop()


async def test_a_token_names_its_subject_and_role(shared: Issuer) -> None:
    assert await named(shared, shared.token()) == Caller("ann", "operate", "oidc")
    assert (await named(shared, shared.token(aud=["other", AUDIENCE]))).who == "ann"
    assert (await named(shared, shared.token(email="a@b.c"), who_claim="email")).who == "a@b.c"


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["quants"], "read"),
        (["quants", "root", "unknown", 7], "admin"),
        ("quants traders", "operate"),
        ("traders", "operate"),
    ],
)
async def test_the_greatest_role_counts(shared: Issuer, roles: Any, role: str) -> None:
    assert (await named(shared, shared.token(roles=roles))).role == role


async def test_a_role_may_lie_deep(shared: Issuer) -> None:
    token = shared.token(roles=None, realm_access={"roles": ["root"]})
    assert (await named(shared, token, role_claim="realm_access.roles")).role == "admin"
    assert claim({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert claim({"a": []}, "a.b") is None


@pytest.mark.parametrize("roles", [None, [], "nobody", ["nobody"], {"traders": 1}, 7])
async def test_a_token_without_a_role_is_forbidden(shared: Issuer, roles: Any) -> None:
    with pytest.raises(Refused, match="gives no role") as refused:
        await named(shared, shared.token(roles=roles))
    assert refused.value.status == 403


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"exp": NOW - 120},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": NOW + 600},
        {"iat": NOW + 600},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 201},
        {"sub": 7},
    ],
)
async def test_a_token_with_wrong_claims_is_refused(shared: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        await named(shared, shared.token(**claims))
    assert (refused.value.status, refused.value.code) == (401, "unauthenticated")
    assert "WWW-Authenticate" in refused.value.headers


async def test_clocks_may_differ_by_the_leeway(shared: Issuer) -> None:
    late = shared.token(exp=int(time.time()) - 20)
    assert (await named(shared, late)).who == "ann"
    with pytest.raises(Refused, match="has expired"):
        await named(shared, late, leeway_s=10)


def by_hand(alg: str, claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token as no library would make it."""
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": "first"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(sign(text)).rstrip(b"=")).decode()


async def test_a_token_of_another_key_or_method_is_refused(shared: Issuer) -> None:
    good = shared.token()
    head, body, signature = good.split(".")
    claims = {"iss": shared.url, "aud": AUDIENCE, "sub": "ann", "exp": NOW + 600, "roles": ["root"]}
    public: bytes = shared.keys[0].as_pem(private=False)
    confused = by_hand("HS256", claims, lambda text: hmac.new(public, text, hashlib.sha256).digest())
    unsigned = by_hand("none", claims, lambda text: b"")
    forged = [
        f"{head}.{shared.token(roles=['root']).split('.')[1]}.{signature}",
        shared.token(rsa_key("first")),
        shared.token(rsa_key("first"), alg="RS512"),
        shared.token(alg="PS256"),  # the right key by a method that is not accepted
        confused,
        unsigned,
        f"{head}.{body}.",
        f"{head}.{body}",
        "",
        "." * 3,
        "a.b.c",
        good + "x",
        "é" * 20,
        "eyJhbGciOiJSUzI1NiIsImtpZCI6WzFdfQ.e30.AA",
    ]
    for secret in forged:
        with pytest.raises(Refused) as refused:
            await named(shared, secret)
        assert refused.value.status == 401, secret
        assert len(secret) < 8 or secret not in refused.value.detail
    assert (await named(shared, shared.token(alg="PS256"), algorithms=["PS256"])).who == "ann"


async def test_keys_are_fetched_again_for_an_unknown_one_at_most_once_in_a_while() -> None:
    with Issuer() as issuer:
        made_up = [issuer.token(rsa_key(f"made up {number}")) for number in range(5)]  # making a key may take seconds
        oidc = check(issuer)
        await oidc.issuer.start()
        assert issuer.asked["/keys"] == 1
        assert (await oidc.caller(issuer.token())).who == "ann"
        issuer.keys.insert(0, ec_key("second"))
        secret = issuer.token(alg="ES256")
        assert (await oidc.caller(secret)).who == "ann"
        assert issuer.asked["/keys"] == 2
        for wrong in made_up:
            with pytest.raises(Refused):
                await oidc.caller(wrong)
        assert issuer.asked["/keys"] <= 3
        issuer.status = 500
        assert (await oidc.caller(secret)).who == "ann"  # what is known still counts
        await oidc.issuer.stop()


async def test_an_issuer_that_is_away_refuses_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with Issuer() as issuer:
        url, key = issuer.url, issuer.keys[0]
        secret = issuer.token()
    oidc = Oidc(OidcSettings.model_validate({"issuer": url, "audience": AUDIENCE, "roles": ROLES}))
    await oidc.issuer.start()
    with pytest.raises(Refused) as refused:
        await oidc.caller(secret)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
    with Issuer() as back:
        back.keys = [key]
        oidc.issuer._url, oidc.issuer._next = back.url, 0.0
        back.discovery = {}
        assert (await oidc.issuer.keys("first")).keys[0].kid == "first"
    await oidc.issuer.stop()


@pytest.mark.parametrize(
    ("discovery", "said"),
    [
        ({"issuer": "https://other.example"}, "calls itself 'https://other.example'"),
        ({"jwks_uri": "http://elsewhere.example/keys"}, "jwks_uri is no https URL"),
        ({"jwks_uri": 7}, "has no discovery document"),
    ],
)
async def test_another_issuer_ends_the_start(discovery: dict[str, Any], said: str) -> None:
    with Issuer() as issuer:
        issuer.discovery = discovery
        with pytest.raises(ConfigError, match=said):
            await check(issuer).issuer.start()


@pytest.mark.parametrize(
    "url", ["", "http://login.example.org", "https://", "ftp://127.0.0.1", "https://u:p@a.example"]
)
def test_an_issuer_that_can_be_impersonated_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="is no https URL"):
        Oidc(OidcSettings(issuer=url, audience="a", roles={"r": "read"}))


@pytest.mark.parametrize("left_out", ["audience", "roles"])
def test_settings_that_let_anybody_in_are_refused(left_out: str) -> None:
    given: dict[str, Any] = {"issuer": "https://a.example", "audience": "a", "roles": {"r": "read"}}
    with pytest.raises(ConfigError, match=r"needs gateway\.oidc\.issuer, audience and roles"):
        Oidc(OidcSettings.model_validate({name: value for name, value in given.items() if name != left_out}))


async def test_the_gateway_asks_the_issuer(shared: Issuer) -> None:
    gateway = gateway_of(auth="oidc", oidc={"issuer": shared.url, "audience": AUDIENCE, "roles": ROLES})
    await gateway.auth.start()
    async with asking(gateway) as client:
        found = (await client.get(f"{API}/session", headers=bearer(shared.token()))).json()
        assert (found["who"], found["role"], found["auth"]) == ("ann", "operate", "oidc")
        assert (await client.get(f"{API}/session", headers=bearer("a.b.c"))).status_code == 401
    await gateway.auth.stop()
