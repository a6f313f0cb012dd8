"""Builds the images under test as a user would: BuildKit, the repository's Dockerfiles, the machine's CA bundle."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.docker.shell import CommandError, answers, docker, run

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
KAFKA_DOCKERFILE = Path(__file__).with_name("kafka.Dockerfile")
BUILD_SECONDS = 700.0  # kernels for two targets are compiled
# Where a machine names a CA bundle of its own, pip in the build needs it too.
CA_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_LAST_WITH_BUILDKIT_INSIDE = 22


def build(tag: str, dockerfile: Path, context: Path, arguments: Mapping[str, str]) -> str:
    """Build `tag` and return it; what did not change comes from the engine's cache."""
    given = [f"--build-arg={name}={value}" for name, value in {**arguments, **_index()}.items()]
    certificates, authority = _authority()
    command = [_builder(), "build", "--quiet", "--network=host", f"--tag={tag}", f"--file={dockerfile}"]
    run(*command, *given, *certificates, *authority, str(context), timeout=BUILD_SECONDS, env={"DOCKER_BUILDKIT": "1"})
    return tag


def size_mb(image: str) -> int:
    """Size of all layers of an image in MB."""
    return round(int(docker("image", "inspect", "--format={{.Size}}", image)) / 1e6)


def _index() -> dict[str, str]:
    url = os.environ.get("PIP_INDEX_URL")
    return {"PIP_INDEX_URL": url} if url else {}


def _authority() -> tuple[list[str], list[str]]:
    bundle = next((path for name in CA_VARIABLES if (path := os.environ.get(name))), None)
    if bundle is None:
        return [], []
    return [f"--secret=id=ca,src={bundle}"], ["--build-arg=PIP_CERT=/run/secrets/ca"]


@cache
def _builder() -> str:
    """A docker client that builds with BuildKit: one with the buildx plugin, or old enough to have it inside."""
    for client in filter(None, (shutil.which("docker"), "/usr/bin/docker")):
        if answers(client, "buildx", "version"):
            return client
        found = re.search(r"version (\d+)\.", run(client, "--version")) if Path(client).exists() else None
        if found and int(found[1]) <= _LAST_WITH_BUILDKIT_INSIDE:
            return client
    raise CommandError("no docker client here builds with BuildKit: install docker-buildx")
