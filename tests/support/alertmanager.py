"""Debian's Alertmanager, run for a test."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.fleet import until

PROGRAM = shutil.which("prometheus-alertmanager")
MISSING = "needs Debian's prometheus-alertmanager"
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
_PORT = re.compile(r"address=127\.0\.0\.1:(\d+)")


class Alertmanager:
    """One Alertmanager on a free port of its own choice, without a cluster."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "alertmanager.log"

    async def __aenter__(self) -> Self:
        assert PROGRAM is not None
        config = self._folder / "alertmanager.yml"
        config.write_text(CONFIG, encoding="utf-8")
        arguments = [f"--config.file={config}", f"--storage.path={self._folder / 'data'}", "--cluster.listen-address="]
        with self._log.open("wb") as file:
            self._process = subprocess.Popen(  # noqa: ASYNC220
                [PROGRAM, *arguments, "--web.listen-address=127.0.0.1:0"], stdout=file, stderr=file
            )
        await until(self._listens, 20, f"Alertmanager listens:\n{self._log.read_text()}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 10)

    async def _listens(self) -> bool:
        found = _PORT.findall(self._log.read_text())
        self._port = int(found[-1]) if found and found[-1] != "0" else 0
        return bool(self._port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def alerts(self) -> list[dict[str, Any]]:
        """The alerts that it holds for active."""

        def ask() -> Any:
            with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=5) as answer:
                return json.loads(answer.read())

        found: list[dict[str, Any]] = await asyncio.to_thread(ask)
        return found
