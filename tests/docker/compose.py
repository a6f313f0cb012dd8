"""`docker compose` on the repository's compose file, by the plugin or by Debian's docker-compose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.docker.images import ROOT
from tests.docker.shell import answers, install, run

FILE = ROOT / "deploy" / "compose" / "compose.yaml"
LOCAL = Path(__file__).with_name("compose.local.yaml")


@cache
def program() -> tuple[str, ...]:
    """The compose command of this machine; Debian's is installed where there is none."""
    if answers("docker", "compose", "version"):
        return ("docker", "compose")
    install("docker-compose", "docker-compose")
    return ("docker-compose",)


@dataclass(frozen=True)
class Project:
    """One compose project: its files and the variables that they read."""

    name: str
    files: tuple[Path, ...]
    variables: Mapping[str, str]

    def __call__(self, *arguments: str, timeout: float = 60) -> str:
        """What `compose ARGUMENTS` prints."""
        files = [word for file in self.files for word in ("--file", str(file))]
        command = (*program(), "--project-name", self.name, *files, *arguments)
        return run(*command, timeout=timeout, env=self.variables)

    def containers(self, service: str) -> list[str]:
        """Ids of a service's containers."""
        return self("ps", "--quiet", service).split()


def broker_properties(config: str) -> str:
    """The settings of `KAFKA_*` variables in a compose configuration as `key=value` words."""
    found = re.findall(r"^\s+KAFKA_([A-Z_]+): (.+)$", config, re.MULTILINE)
    values = {key: value.strip("'\"") for key, value in found}
    return " ".join(f"{key.lower().replace('_', '.')}={value}" for key, value in values.items())
