"""Where the workers' probes are: URLs, of which every address counts, and a file that changes."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from worker.errors import ConfigError
from worker.kafka.backoff import Rarely

log = logging.getLogger(__name__)
RESOLVE_EVERY = 10.0  # seconds
RESOLVE_WITHIN = 2.0  # seconds
MOST = 1_000  # probes


class Target(NamedTuple):
    """One probe: what to connect to, and the name that the URL had."""

    scheme: str
    address: str
    port: int
    host: str

    @property
    def url(self) -> str:
        """The address as a URL."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{address}:{self.port}"


class Targets:
    """The present targets."""

    def __init__(self, urls: Iterable[str], file: Path | None) -> None:
        """Take the settings.

        Raises:
            ConfigError: a URL is none of a probe.
        """
        self._named = [_named(url) for url in urls]
        self._file, self._read = file, (0, 0)
        self._in_file: list[tuple[str, str, int]] = []
        self._known: dict[tuple[str, str, int], tuple[float, list[Target]]] = {}
        self._rarely = Rarely()

    @property
    def configured(self) -> bool:
        """Whether any are named."""
        return bool(self._named or self._file)

    async def now(self) -> list[Target]:
        """Return all targets; a name that can't be resolved keeps its last addresses."""
        if self._file:
            await asyncio.to_thread(self._read_file, self._file)
        found: dict[str, Target] = {}
        for named in dict.fromkeys((*self._named, *self._in_file)):
            for target in await self._addresses(named):
                found.setdefault(target.url, target)
        return list(found.values())[:MOST]

    async def _addresses(self, named: tuple[str, str, int]) -> list[Target]:
        until, known = self._known.get(named, (0.0, []))
        if time.monotonic() < until:
            return known
        scheme, host, port = named
        try:
            async with asyncio.timeout(RESOLVE_WITHIN):
                rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            known = [Target(scheme, str(address), port, host) for address in dict.fromkeys(row[4][0] for row in rows)]
        except (OSError, TimeoutError, UnicodeError) as error:
            if self._rarely.due():
                log.warning("the name of a probe can't be resolved", extra={"host": host, "cause": str(error)})
        self._known[named] = time.monotonic() + RESOLVE_EVERY, known
        return known

    def _read_file(self, file: Path) -> None:
        try:
            state = file.stat()
            if (mark := (state.st_mtime_ns, state.st_size)) == self._read:
                return
            self._in_file, self._read = list(_in_file(json.loads(file.read_bytes()))), mark
        except (OSError, ValueError, ConfigError) as error:
            if self._rarely.due():
                log.warning("the file of probes can't be read", extra={"file": str(file), "cause": str(error)})


def _named(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme in ("http", "https") and parts.hostname and parts.username is None:
            return parts.scheme, parts.hostname, port
    except ValueError:
        pass
    raise ConfigError(f"gateway.scrape names {url[:200]!r}, which is no URL of a probe", "Write http://host:port")


def _in_file(content: Any) -> Iterable[tuple[str, str, int]]:
    """Yield the targets of Prometheus's `file_sd` format.

    Raises:
        ValueError, ConfigError: the content has another form.
    """
    if not isinstance(content, list):
        raise ValueError("it is no list")
    for group in content:
        if not isinstance(group, dict) or not isinstance(group.get("targets"), list):
            raise ValueError("an entry has no list of targets")
        labels = group.get("labels") or {}
        scheme = labels.get("__scheme__", "http") if isinstance(labels, dict) else "http"
        for target in group["targets"]:
            if not isinstance(target, str) or "/" in target:
                raise ValueError("a target is no host:port")
            yield _named(f"{scheme}://{target}")
