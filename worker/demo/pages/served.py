"""The demo's gateway as a process: started beside the workers, told where their probes are."""

from __future__ import annotations

import asyncio
import time
from importlib.util import find_spec
from pathlib import Path

from worker.broker.ports import is_free
from worker.demo.crash.fleet import Watched, variables
from worker.demo.fleet import STOP_SECONDS, Fleet
from worker.demo.member import Member
from worker.errors import AlphapulseError
from worker.settings import GatewaySettings

START = 60.0  # seconds: it reads the newest records before it answers
SAMPLE = 0.1
SOCKET = "demo.sock"


def installed() -> bool:
    """Return whether the packages of the extra `gateway` are there."""
    return all(find_spec(package) for package in ("litestar", "uvicorn", "httptools"))


def free_port() -> int:
    """Return the gateway's usual port, or 0 for any where that is taken."""
    usual: int = GatewaySettings.model_fields["port"].default
    return usual if is_free(usual) else 0


class Pages:
    """The gateway of one fleet, at the same address as the one before it, if there was one."""

    def __init__(self, fleet: Fleet, port: int, after: Pages | None = None, archive: Path | None = None) -> None:
        self._fleet, self._port, self._after, self._archive = fleet, port, after, archive
        self._gateway: Member | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Its address; empty until it answers."""
        return self._url

    @property
    def socket(self) -> Path:
        """Where the gateway asks the demo."""
        return self._fleet.folder / SOCKET

    def start(self) -> None:
        """Start it; the topics must exist."""
        fleet, port = self._fleet, self._port
        if self._after is not None and self._after.port:
            port = self._after.port
        settings = {
            "KAFKA__BOOTSTRAP_SERVERS": fleet.settings.kafka.bootstrap_servers,
            "TOPICS__PREFIX": fleet.settings.topics.prefix,
            "TOPICS__PARTITIONS": str(fleet.settings.topics.partitions),
            "PROCESSING__GROUP": fleet.settings.processing.group,
            "RISK__NAME": fleet.settings.risk_name,
            "OPS__PORT": "0",
            "GATEWAY__HOST": "127.0.0.1",
            "GATEWAY__PORT": str(port),
            "GATEWAY__AUTH": "none",
            "GATEWAY__HOT_BYTES": str(256 << 20),
            "GATEWAY__SCRAPE_FILE": str(fleet.addresses),
        }
        if self._archive is not None:
            settings["ARCHIVE__URL"] = str(self._archive)
        risk = variables(fleet.settings.risk) if isinstance(fleet, Watched) else {}
        environment = fleet.environment() | risk | {f"ALPHAPULSE_{name}": value for name, value in settings.items()}
        program = ("worker.demo.pages.gateway", str(self.socket))
        self._gateway = Member("gateway", [], environment, fleet.folder, program)

    @property
    def port(self) -> int:
        """Its port; 0 until it answers."""
        return int(self._url.rstrip("/").rpartition(":")[2]) if self._url else 0

    async def until_answers(self) -> str:
        """Wait until it answers, and return its address.

        Raises:
            AlphapulseError: it does not, or has ended.
        """
        deadline = time.monotonic() + START
        while not self._url:
            await self.look()
            if time.monotonic() >= deadline:
                raise AlphapulseError(f"the gateway did not start within {START:.0f} s", self.log())
            await asyncio.sleep(SAMPLE)
        return self._url

    async def look(self) -> None:
        """Refresh what is known of it.

        Raises:
            AlphapulseError: it ended by itself.
        """
        assert self._gateway is not None
        await self._gateway.look()
        self._url = self._gateway.url or self._url
        if self._gateway.alive and self._gateway.ended:
            raise AlphapulseError("the gateway ended by itself", self.log())

    def log(self) -> str:
        """Return the end of its log."""
        return "" if self._gateway is None else f"the end of its log:\n{self._gateway.log_tail()}"

    async def stop(self) -> None:
        """Stop it and wait for that.

        Raises:
            AlphapulseError: it did not end in time.
        """
        if self._gateway is None or not self._gateway.alive:
            return
        self._gateway.ask_to_stop()
        if not await asyncio.to_thread(self._gateway.wait, STOP_SECONDS):
            raise AlphapulseError("the gateway did not stop", self.log())

    def close(self) -> None:
        """Kill it if it still runs."""
        if self._gateway is not None:
            self._gateway.close()
