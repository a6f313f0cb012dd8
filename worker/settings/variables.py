"""Environment variables that are not settings: they say where and how to run, not what to compute."""

from __future__ import annotations

import re
from typing import NamedTuple


class Variable(NamedTuple):
    """One variable; `default` and `meaning` as the reference shows them."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("ALPHAPULSE_CONFIG", "alphapulse.toml", "TOML file with settings; the default may be absent"),
    Variable("ALPHAPULSE_SECRETS_DIR", "", "folder of mounted secrets: one file per setting, named like its variable"),
    Variable(
        "ALPHAPULSE_CACHE_DIR",
        "$XDG_CACHE_HOME/alphapulse or ~/.cache/alphapulse",
        "compiled kernels, Kafka's jars, spilled states; may be deleted at any time while nothing runs",
    ),
    Variable(
        "ALPHAPULSE_KERNEL_TARGET",
        "the fastest that this machine runs",
        "kind of CPU that kernels are compiled for: `x86-64-v3`, `x86-64-v2`, `aarch64`, or `native`, this CPU alone",
    ),
    Variable(
        "ALPHAPULSE_STATE_DIR",
        "$XDG_STATE_HOME/alphapulse or ~/.local/state/alphapulse",
        "data and logs of the local broker",
    ),
    Variable("ALPHAPULSE_BROKER_JARS", "", "folder with the local broker's jars, instead of a download"),
    Variable(
        "ALPHAPULSE_BROKER_REPOSITORY",
        "Maven Central",
        "URL of the Maven repository that the local broker's jars come from, for mirrors; each jar's sha256 is pinned",
    ),
    Variable(
        "ALPHAPULSE_BROKER_ARCHIVE",
        "",
        "archive of a start of the local broker, for later starts in half the time; "
        "`python -m worker.broker.record FILE` writes it",
    ),
    Variable("ALPHAPULSE_BROKER_HOME", "a temporary folder", "`alphapulse broker run --home`"),
    Variable("ALPHAPULSE_BROKER_ADVERTISED", "", "`alphapulse broker run --advertised`"),
    Variable("ALPHAPULSE_BROKER_PROPERTIES", "", "`alphapulse broker run --property`, separated by spaces"),
    Variable("ALPHAPULSE_KAFKA_IMAGE", "apache/kafka", "image of `alphapulse broker start --docker`"),
    Variable("ALPHAPULSE_IMAGE", "alphapulse-worker", "the worker's image in deploy/compose/compose.yaml"),
    Variable("ALPHAPULSE_ARCHIVE_IMAGE", "alphapulse-worker-archive", "the archive's image there"),
    Variable("KAFKA_IMAGE", "apache/kafka", "Kafka's image in deploy/compose/compose.yaml"),
    Variable("ALPHAPULSE_SHARED", "", "tests: folder with series of real bars"),
    Variable("ALPHAPULSE_TEST_BOOTSTRAP", "", "tests: brokers to use instead of a local one"),
    Variable("ALPHAPULSE_TEST_CRASH", "", "tests: where a worker kills itself"),
    Variable("ALPHAPULSE_TEST_EXAMPLES", "", "tests: `long` draws more at random (`make unit EXAMPLES=long`)"),
    Variable("ALPHAPULSE_ORACLE_REPORT", "", "tests: file that collects the errors against other libraries"),
)
NAMES = frozenset(variable.name for variable in VARIABLES)
# Variables that other programs read from the same `.env`.
FOR_COMPOSE = frozenset({"ALPHAPULSE_IMAGE", "ALPHAPULSE_ARCHIVE_IMAGE"})
# Kubernetes sets such variables in every container for each service of its namespace, also for one named "alphapulse".
_SERVICE = re.compile(
    r"ALPHAPULSE(_[A-Z0-9]+)*_(SERVICE_(HOST|PORT)(_[A-Z0-9]+)*|PORT(_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)"
)


def is_no_setting(name: str) -> bool:
    """Return whether a variable with the prefix is not a setting."""
    return name in NAMES or ("__" not in name and _SERVICE.fullmatch(name) is not None)
