"""How a measuring target reports: a table on the terminal and `results/<target>.json`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESULTS = Path("results")


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def write(target: str, figures: Mapping[str, float], **more: Any) -> Path:
    """Write `results/<target>.json`."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{target}.json"
    path.write_text(json.dumps({"figures": dict(figures), "machine": machine(), **more}, indent=2) + "\n")
    return path


def read(target: str) -> dict[str, float]:
    """The figures of `results/<target>.json`."""
    figures: dict[str, float] = json.loads((RESULTS / f"{target}.json").read_text())["figures"]
    return figures


def table(figures: Mapping[str, float]) -> None:
    """Print one figure a line."""
    width = max(map(len, figures))
    for name, value in figures.items():
        small = 0 < abs(value) < 1e-3
        text = f"{value:.1e}" if small else f"{value:,.3f}".rstrip("0").rstrip(".")
        print(f"{name:{width}}  {text:>16}")


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
