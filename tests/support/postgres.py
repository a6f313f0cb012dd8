"""A real PostgreSQL of Debian's, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
USER = "archive"
PASSWORD = "secret of the test"


def unusable() -> str | None:
    """Why there is no PostgreSQL here; None if there is."""
    return None if BIN else "PostgreSQL is not installed (Debian: postgresql)"


class Postgres:
    """Started on entering; killed and deleted on leaving."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="alphapulse-postgres-"))
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, "postgres", "postgres")
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run("initdb", "-D", "data", "-U", USER, "--pwfile=password", "-A", "scram-sha-256", "-N", "-E", "UTF8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", "-l", "log", "-o", options, "start")

    def kill(self) -> None:
        """Let it crash."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop", check=False)

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} password='{PASSWORD}' dbname=postgres"

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        done = subprocess.run(
            [str(BIN[-1].parent / program), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            user=self._user,
            group=self._user,
        )
        assert not check or done.returncode == 0, done.stderr.decode()
