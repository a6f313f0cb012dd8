"""Metrics of workers' probes: those that rules name."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from worker.alerts.evaluation.sources import Row
from worker.extras import module
from worker.kafka.backoff import Rarely

log = logging.getLogger(__name__)
SECONDS = 3.0
MOST_BYTES = 8_388_608
PREFIX = "alphapulse_"
MISSING = "alerts.scrape needs the package httpx"


class Scraper:
    """The probes of a fleet."""

    def __init__(self, urls: Collection[str], file: Path | None, metrics: Collection[str]) -> None:
        """Ask for `metrics`: names with labels, without the prefix `alphapulse_`."""
        self._urls, self._file, self._metrics = urls, file, frozenset(metrics)
        self._before: dict[tuple[str, str], float] = {}
        self._lines = Rarely()

    @property
    def wanted(self) -> bool:
        """Whether there is anything to ask for."""
        return bool(self._metrics and (self._urls or self._file))

    async def look(self) -> list[Row]:
        """Return the metrics of all workers that answer."""
        if not self.wanted:
            return []
        httpx: Any = module("httpx", "alerts", MISSING)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request
        targets = await self._targets()
        async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
            answers = await asyncio.gather(*(self._one(client, one) for one in targets), return_exceptions=True)
        rows: list[Row] = []
        for target, answer in zip(targets, answers, strict=True):
            if isinstance(answer, BaseException):
                if self._lines.due(target):
                    log.warning("a worker's metrics can't be read", extra={"error": type(answer).__name__})
            else:
                rows += self._rows(target, answer)
        return rows

    async def _one(self, client: Any, target: str) -> str:
        async with client.stream("GET", f"{target}/metrics") as answer:
            answer.raise_for_status()
            parts, size = [], 0
            async for part in answer.aiter_bytes():
                size += len(part)
                if size > MOST_BYTES:
                    raise ValueError("the answer is too large")
                parts.append(part)
        return b"".join(parts).decode()

    def _rows(self, target: str, text: str) -> Iterator[Row]:
        instance = urlsplit(target).netloc
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                name = sample.name.removeprefix(PREFIX) + (f"{{{labels}}}" if labels else "")
                if name not in self._metrics:
                    continue
                before = self._before.get((instance, name))
                self._before[instance, name] = sample.value
                # A smaller value than before is that of a new process, which began at 0.
                change = None if before is None else sample.value - (before if sample.value >= before else 0.0)
                yield Row("metric", "worker", instance=instance, metric=name, value=sample.value, change=change)

    async def _targets(self) -> list[str]:
        found = [one for url in self._urls for one in await _addresses(url)]
        if self._file is not None:
            try:
                given = json.loads(self._file.expanduser().read_text(encoding="utf-8"))
                found += [f"http://{host}" for group in given for host in group["targets"]]
            except (OSError, ValueError, TypeError, KeyError) as error:
                if self._lines.due("file"):
                    log.warning("alerts.scrape_file can't be read", extra={"error": type(error).__name__})
        return sorted(set(found))


async def _addresses(url: str) -> list[str]:
    """Return a URL for each address of its host."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        return [f"{base}{parts.netloc}"]
    hosts = {str(one[4][0]) for one in found}
    return [f"{base}[{host}]:{port}" if ":" in host else f"{base}{host}:{port}" for host in hosts]
