"""The demo's workers together: who owns what, and whether one ended that should not have."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from worker.demo.member import Member
from worker.errors import AlphapulseError
from worker.settings import Settings

STOP_SECONDS = 10.0


class Fleet:
    """Workers of one group, their logs in `folder`."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.members: list[Member] = []
        self.settings, self.folder = settings, folder
        self.addresses = folder / "probes.json"  # of the workers, in the form of Prometheus's file_sd
        self._written: list[str] | None = None

    def start_one(self) -> Member:
        """Start the next worker."""
        member = Member(f"worker-{len(self.members) + 1}", self.arguments(), self.environment(), self.folder)
        self.members.append(member)
        return member

    def arguments(self) -> list[str]:
        """Return the options that every process of the fleet gets."""
        s = self.settings
        group = ["--group", s.processing.group, "--prefix", s.topics.prefix]
        return ["--bootstrap-servers", s.kafka.bootstrap_servers, *group, "--ops-port", "0"]

    def environment(self) -> dict[str, str]:
        """Return the variables of every process of the fleet."""
        s = self.settings
        ours = {
            "KAFKA__SECURITY_PROTOCOL": s.kafka.security_protocol,
            "PROCESSING__SESSION_TIMEOUT_MS": str(s.processing.session_timeout_ms),
            "PROCESSING__HEARTBEAT_INTERVAL_MS": str(s.processing.heartbeat_interval_ms),
            "PROCESSING__GUARANTEE": s.processing.guarantee,
            "OPS__HOST": "127.0.0.1",
            "OPS__ENABLED": "true",
            "LOG__LEVEL": "INFO",
            "LOG__FORMAT": "json",
        }
        # One static identity for all workers would make each push out the others.
        kept = {k: v for k, v in os.environ.items() if k != "ALPHAPULSE_PROCESSING__GROUP_INSTANCE_ID"}
        return kept | {f"ALPHAPULSE_{name}": value for name, value in ours.items()}

    def logs(self) -> str:
        """Return the ends of all logs."""
        return "the ends of the logs:\n" + "\n".join(f"{m.name}: {m.log_tail(2)}" for m in self.members)

    @property
    def alive(self) -> list[Member]:
        """Those that are meant to run."""
        return [member for member in self.members if member.alive]

    def settled(self) -> bool:
        """Return whether live workers own every partition exactly once, each at least one, and have restored all."""
        owned = [p for member in self.alive for p in member.partitions]
        everything = list(range(self.settings.topics.partitions))
        return sorted(owned) == everything and all(m.partitions and m.ready for m in self.alive)

    async def look(self) -> None:
        """Refresh what is known of each.

        Raises:
            AlphapulseError: one ended by itself.
        """
        await asyncio.gather(*(member.look() for member in self.members))
        self._write_addresses()
        for member in self.alive:
            if member.ended:
                raise AlphapulseError(f"{member.name} ended by itself", f"the end of its log:\n{member.log_tail()}")

    def _write_addresses(self) -> None:
        found = [f"127.0.0.1:{member.port}" for member in self.alive if member.port]
        if found == self._written:
            return
        draft = self.addresses.with_suffix(".new")
        draft.write_text(json.dumps([{"targets": found}]), encoding="utf-8")
        draft.replace(self.addresses)  # whole or not at all
        self._written = found

    async def stop(self) -> None:
        """Drain all and wait for them.

        Raises:
            AlphapulseError: one did not end in time.
        """
        living = self.alive
        for member in living:
            member.ask_to_stop()
        for member in living:
            if not await asyncio.to_thread(member.wait, STOP_SECONDS):
                raise AlphapulseError(f"{member.name} did not stop", f"the end of its log:\n{member.log_tail()}")

    def close(self) -> None:
        """Kill what still runs."""
        for member in self.members:
            member.close()
