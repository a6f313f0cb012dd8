"""Releases of Kafka and their pinned jars: a lock file with sha256, size and Maven coordinate per jar."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name("jars.lock")


@dataclass(frozen=True)
class Jar:
    """One pinned jar; `size` in bytes."""

    sha256: str
    size: int
    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    def __str__(self) -> str:
        return f"{self.sha256} {self.size:>9} {self.group}:{self.artifact}:{self.version}"


@dataclass(frozen=True)
class Release:
    """A version of Kafka: the file that pins its jars, and the Java property that names its logging configuration.

    Each of `roots` (Maven coordinates) is resolved separately: together, log4j's dependency management would pull the
    Kafka clients down to 3.9.
    """

    version: str
    lock_file: Path
    roots: tuple[str, ...]
    logging_property: str
    logging_file: Path


PINNED = Release(
    KAFKA_VERSION,
    LOCK_FILE,
    (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"),
    "log4j2.configurationFile",
    Path(__file__).with_name("log4j2.properties"),
)


@cache
def pinned(release: Release = PINNED) -> tuple[Jar, ...]:
    """Return the jars of a release in class path order."""
    lines = (
        line.split()
        for line in release.lock_file.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    return tuple(Jar(digest, int(size), *coordinate.split(":")) for digest, size, coordinate in lines)


@cache
def lock_digest(release: Release = PINNED) -> str:
    """Return eight hex digits that identify this exact set of jars."""
    return hashlib.sha256(release.lock_file.read_bytes()).hexdigest()[:8]


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resolve(repository: Path, release: Release = PINNED) -> list[Jar]:
    """Resolve the roots of a release and their dependencies, download them to `repository` and pin them."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=repository)
    chosen: dict[tuple[str, str], Any] = {}
    for root in release.roots:
        inputs, transitive = context.resolver.resolve([context.create_dependency(root)])
        needed = [d.artifact for d in transitive if d.scope in ("compile", "runtime")]
        for artifact in [d.artifact for d in inputs] + needed:
            chosen.setdefault((artifact.groupId, artifact.artifactId), artifact)
    return [_pin(artifact) for artifact in chosen.values()]


def _pin(artifact: Any) -> Jar:
    path = artifact.resolve()
    return Jar(sha256_of(path), path.stat().st_size, artifact.groupId, artifact.artifactId, artifact.version)


def write_lock(release: Release, program: str) -> None:
    """Rewrite the lock file of a release; `program` is the module that was run for it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        jars = resolve(Path(folder), release)
    header = f"# sha256, bytes, coordinate; written by `python -m {program}`\n"
    release.lock_file.write_text(header + "".join(f"{jar}\n" for jar in jars), encoding="utf-8")
    print(f"Kafka {release.version}: {len(jars)} jars, {sum(jar.size for jar in jars) / 1e6:.1f} MB")


if __name__ == "__main__":
    write_lock(PINNED, "worker.broker.lock")
