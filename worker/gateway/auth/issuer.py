"""The issuer of tokens: its discovery document and its keys, fetched again when a token names an unknown one."""

from __future__ import annotations

import asyncio
import logging
import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from worker.errors import ConfigError
from worker.kafka.backoff import BackOff

log = logging.getLogger(__name__)
TIMEOUT = 5.0  # seconds for one request
MOST_BYTES = 1_048_576  # of an answer
FRESH = 600.0  # seconds after which keys are fetched again beside the requests
OLD = 86_400.0  # seconds after which keys that could not be fetched again no longer count
PAUSE, MOST_PAUSE = 1.0, 60.0  # seconds between two fetches because of unknown keys
FIX = "Set gateway.oidc.issuer"
WELL_KNOWN = "/.well-known/openid-configuration"


class _Discovered(msgspec.Struct):
    issuer: str
    jwks_uri: str


class IssuerAway(Exception):
    """The issuer does not answer, and no keys of it are known."""


class Issuer:
    """The keys of one issuer."""

    def __init__(self, url: str) -> None:
        """Create it without asking anything; `url` is compared with the tokens' `iss`, to the letter.

        Raises:
            ConfigError: the URL is none that tokens may be trusted by.
        """
        check_url("gateway.oidc.issuer", url)
        self._url, self._fetched = url, float("-inf")
        self._keys: KeySet | None = None
        self._pauses, self._next = BackOff(PAUSE, MOST_PAUSE), float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Fetch the keys; an issuer that does not answer is asked again later.

        Raises:
            ConfigError: what it answers is no issuer's, or another's.
        """
        try:
            await self._fetch()
        except httpx.HTTPError as error:
            log.warning("the issuer does not answer", extra={"issuer": self._url, "error": _said(error)})

    async def stop(self) -> None:
        """Stop fetching."""
        if self._task is not None:
            self._task.cancel()

    async def keys(self, kid: str | None) -> KeySet:
        """Return the keys, fetched again where none has the id `kid`, at most once in a while.

        Raises:
            IssuerAway: none are known.
        """
        now = time.monotonic()
        known = self._keys is not None and (kid is None or any(key.kid == kid for key in self._keys))
        idle = self._task is None or self._task.done()
        if (not known or now - self._fetched > FRESH) and now >= self._next and idle:
            self._next = now + self._pauses.next()
            self._task = asyncio.create_task(self._again(), name="keys of the issuer")
        if not known and self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=2 * TIMEOUT)
        if self._keys is None or time.monotonic() - self._fetched > OLD:
            raise IssuerAway(self._url)
        found: KeySet = self._keys
        return found

    async def _again(self) -> None:
        try:
            await self._fetch()
        except (httpx.HTTPError, ConfigError) as error:
            log.warning("the keys of the issuer can't be fetched", extra={"issuer": self._url, "error": _said(error)})

    async def _fetch(self) -> None:
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=True) as client:
            found = await _json(client, self._url.rstrip("/") + WELL_KNOWN)
            try:
                told = msgspec.convert(found, _Discovered)
            except msgspec.ValidationError as error:
                raise ConfigError(f"{self._url} has no discovery document: {error}", FIX) from None
            if told.issuer != self._url:
                raise ConfigError(
                    f"the issuer {self._url} calls itself {told.issuer[:200]!r}",
                    "Set gateway.oidc.issuer to its name to the letter",
                )
            check_url("jwks_uri", told.jwks_uri)
            keys = await _json(client, told.jwks_uri)
        before = set() if self._keys is None else {key.kid for key in self._keys}
        try:
            self._keys = KeySet.import_key_set(keys)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"the keys of {self._url} can't be read: {type(error).__name__}", FIX) from None
        self._fetched = time.monotonic()
        if before != {key.kid for key in self._keys}:
            self._pauses.reset()
            log.info("keys of the issuer", extra={"issuer": self._url, "keys": len(self._keys.keys)})


def check_url(name: str, url: str) -> None:
    """Refuse an URL whose answers somebody on the way could change.

    Raises:
        ConfigError: it is neither https nor on this machine.
    """
    try:
        parts = urlsplit(url)
        host, plain = parts.hostname, parts.scheme == "http"
    except ValueError:
        host, plain = None, False
    if host is None or parts.username is not None or not (parts.scheme == "https" or (plain and _is_local(host))):
        raise ConfigError(f"{name} is no https URL", "Set gateway.oidc.issuer, for example https://login.example.org")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _json(client: httpx.AsyncClient, url: str) -> Any:
    async with client.stream("GET", url) as answer:
        if answer.status_code != 200:
            raise ConfigError(f"{url} answers {answer.status_code}", FIX)
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ConfigError(f"{url} answers more than {MOST_BYTES} bytes", FIX)
    try:
        return msgspec.json.decode(bytes(body))
    except msgspec.DecodeError:
        raise ConfigError(f"{url} answers no JSON", FIX) from None


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
