"""Whether a request names this gateway, and whether a page of another origin made it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from worker.gateway.auth.headers import SAFE_METHODS, header
from worker.gateway.resources.problem import Refused
from worker.settings import GatewaySettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SameOrigin:
    """The check of Host and Origin.

    A name in Host that nobody configured may be an attacker's that leads here (DNS rebinding). An address can't be, so
    a gateway that others may reach answers to any address.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._names = LOOPBACK | {name.lower().strip("[]") for name in (settings.host, *settings.hosts)}
        self._addresses = not is_loopback(settings.host)

    def check(self, scope: Any) -> None:
        """Refuse what is not for this gateway, or not from its own pages.

        Raises:
            Refused: it is refused.
        """
        given = header(scope, "host")
        host = _host(f"//{given}") if given else None
        if host is None or not (host in self._names or (self._addresses and _is_address(host))):
            raise Refused(
                421,
                "misdirected",
                "the gateway does not answer to the name in the header Host",
                "Name it in the setting gateway.hosts",
            )
        if scope["method"] in SAFE_METHODS:
            return  # their answers are unreadable for pages of other origins
        site, origin = header(scope, "sec-fetch-site"), header(scope, "origin")
        foreign = origin is not None and _authority(origin) != _authority(f"//{given}")
        if foreign or site not in (None, "same-origin", "none"):
            raise Refused(403, "foreign_origin", "a page of another origin asks for this", "Use the gateway's own page")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address to listen on."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _authority(url: str) -> tuple[str | None, int | None] | None:
    """Return host and port, without the default ports of HTTP."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts.hostname, None if port in (80, 443) else port
