"""What the pages may ask of the demo, over a socket in its folder: only the demo can signal its own processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

import msgspec

from worker.demo.fleet import Fleet
from worker.demo.member import Member
from worker.errors import TryAgain

SECONDS = 5.0  # for an answer
MOST = 8  # workers that run at a time
LINE = 4_096  # bytes of a question


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """A question: look, or act."""

    act: Literal["look", "kill", "start"]
    worker: str = ""


class Process(msgspec.Struct):
    """A process of the fleet."""

    name: str
    pid: int
    state: str
    partitions: list[int]
    seconds_since_kill: float | None = None


class Told(msgspec.Struct):
    """The answer: the fleet, and why nothing was done."""

    free: bool  # whether the pages may act: not while the demo's own steps run
    workers: list[Process]
    refused: str | None = None


class Desk:
    """The server of the demo's side; `free` says whether the pages may act now."""

    def __init__(self, path: Path, fleet: Fleet, clock: Callable[[], float]) -> None:
        """Create it; `clock` counts seconds."""
        self.free = False
        self._path, self._fleet, self._clock = path, fleet, clock
        self._killed: dict[str, float] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._answer, str(self._path), limit=LINE)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                line = await reader.readline()
                writer.write(msgspec.json.encode(self._told(line)) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            return  # it asks again, or is gone
        finally:
            writer.close()

    def _told(self, line: bytes) -> Told:
        try:
            ask = msgspec.json.decode(line, type=Ask)
        except msgspec.MsgspecError as problem:
            return self._fleet_now(f"the question can't be read: {problem}")
        return self._fleet_now(self._act(ask))

    def _act(self, ask: Ask) -> str | None:
        """Do it, or return why not."""
        if ask.act == "look":
            return None
        if not self.free:
            return "the demo's own steps still run: they prove what they show, so nothing else may act now"
        alive = self._fleet.alive
        if ask.act == "start":
            if len(alive) >= MOST:
                return f"{MOST} workers run already"
            self._fleet.start_one()
            return None
        victim = next((member for member in alive if member.name == ask.worker), None)
        if victim is None:
            return f"no worker {ask.worker!r} runs"
        self._kill(victim)
        return None

    def _kill(self, victim: Member) -> None:
        victim.kill()
        self._killed[victim.name] = self._clock()

    def _fleet_now(self, refused: str | None) -> Told:
        def since(name: str) -> float | None:
            return round(self._clock() - self._killed[name], 1) if name in self._killed else None

        members = self._fleet.members
        workers = [Process(m.name, m.pid, m.state, list(m.partitions), since(m.name)) for m in members]
        return Told(self.free, workers, refused)


async def ask(path: str, question: Ask) -> Told:
    """Ask the demo.

    Raises:
        TryAgain: it does not answer.
    """
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
            try:
                writer.write(msgspec.json.encode(question) + b"\n")
                return msgspec.json.decode(await reader.readline(), type=Told)
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.MsgspecError) as error:
        raise TryAgain(f"the demo does not answer ({type(error).__name__})", "It may just have ended") from None
