"""Names that lead here, and pages that ask for something."""

from __future__ import annotations

from typing import Any

import pytest

from worker.gateway.auth.same_origin import SameOrigin, is_loopback
from worker.gateway.resources.problem import Refused
from worker.settings import GatewaySettings

PUBLIC: dict[str, Any] = {"host": "0.0.0.0", "auth": "token", "hosts": ("gw.example.org",)}


def status(settings: dict[str, Any], method: str = "GET", **headers: str) -> int:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    try:
        SameOrigin(GatewaySettings(**settings)).check({"method": method, "headers": named})
    except Refused as refused:
        return refused.status
    return 200


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080"])
def test_this_machine_is_answered(host: str) -> None:
    assert status({}, host=host) == status(PUBLIC, host=host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "", "localhost.evil.example", "a b", "[", "10.0.0.1"]
)
def test_another_name_is_not(host: str) -> None:
    assert status({}, host=host) == 421
    if host != "10.0.0.1":
        assert status(PUBLIC, host=host) == 421


def test_configured_names_and_addresses_of_a_public_gateway_are() -> None:
    assert status(PUBLIC, host="GW.example.org") == status(PUBLIC, host="10.0.0.1:8080") == 200
    assert status(PUBLIC, host="[fe80::1]:80") == 200
    assert status({}) == 421


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "https://gw.example.org", "https://gw.example.org:443"])
def test_its_own_pages_may_write(origin: str) -> None:
    host = origin.partition("//")[2].removesuffix(":443")
    assert status(PUBLIC, "POST", host=host, origin=origin, sec_fetch_site="same-origin") == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", "http://127.0.0.1:8081", "http://localhost:8080", "http://["]
)
def test_pages_of_other_origins_may_not_write(origin: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert status({}, method, host="127.0.0.1:8080", origin=origin) == 403
    assert status({}, "GET", host="127.0.0.1:8080", origin=origin) == 200


@pytest.mark.parametrize(("site", "expected"), [("cross-site", 403), ("same-site", 403), ("none", 200)])
def test_what_the_browser_says_about_the_page_counts(site: str, expected: int) -> None:
    assert status({}, "POST", host="127.0.0.1:8080", sec_fetch_site=site) == expected


def test_programs_say_no_origin() -> None:
    assert status({}, "DELETE", host="127.0.0.1:8080") == 200


def test_two_hosts_are_refused() -> None:
    headers = [(b"host", b"127.0.0.1"), (b"host", b"evil.example")]
    with pytest.raises(Refused, match="sent twice"):
        SameOrigin(GatewaySettings()).check({"method": "GET", "headers": headers})


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.2", True), ("::1", True), ("::", False), ("box", False)])
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected
