"""Debian's Prometheus, unpacked without installing it: `promtool` for checks, the server for a container."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.docker.engine import home
from tests.docker.shell import CommandError, run


def unpacked() -> Path:
    """The folder with `prometheus` and `promtool`.

    Raises:
        CommandError: they are neither installed nor can apt download them.
    """
    if (installed := shutil.which("promtool")) and shutil.which("prometheus"):
        return Path(installed).parent
    programs = home() / "prometheus" / "usr" / "bin"
    if not (programs / "promtool").exists():
        if not shutil.which("apt-get"):
            raise CommandError("`promtool` is missing: install Prometheus")
        _unpack(home() / "prometheus")
    return programs


def _unpack(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run("sh", "-c", 'cd "$1" && apt-get download -qq prometheus', "sh", folder, timeout=120)
        (package,) = Path(folder).glob("prometheus_*.deb")
        target.mkdir(parents=True, exist_ok=True)
        run("dpkg-deb", "--extract", package, target)


def query(port: int, expression: str) -> float | None:
    """The single value of a PromQL expression, None while there is none or nobody answers."""
    address = f"http://127.0.0.1:{port}/api/v1/query?{urlencode({'query': expression})}"
    try:
        with urlopen(address, timeout=5) as answer:
            result = json.load(answer)["data"]["result"]
    except (URLError, ConnectionError):
        return None
    return float(result[0]["value"][1]) if result else None
