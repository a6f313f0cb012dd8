"""Names the machines that a wheel is for, where it carries finished kernels: CONTRIBUTING.md, Releasing."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FINISHED = Path("worker/engine/compiled/finished")
# Kernels call no library of the system, so any glibc of the oldest that pip still names will do.
SYSTEM = "manylinux_2_17"


class Kernels(BuildHookInterface[Any]):
    """Gives a wheel with kernels a tag; without any it stays one for every machine."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folders = (Path(self.root) / FINISHED).glob("*")
        found = {match[1] for folder in folders if (match := re.search(r"-py3\.(\d+)-", folder.name))}
        if found:
            pythons = ".".join(f"cp3{minor}" for minor in sorted(found, key=int))
            build_data["pure_python"] = False
            build_data["tag"] = f"{pythons}-none-{SYSTEM}_{platform.machine()}"
