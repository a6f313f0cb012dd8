"""What an error of PostgreSQL means: to wait, to ask for a right, or to mend a setting."""

from __future__ import annotations

import re
from typing import Any

from worker.archive.sink import StoreUnavailable
from worker.errors import AlphapulseError, ConfigError, NotPermitted

DENIED = frozenset({"28P01", "28000", "42501"})  # a wrong password or user, a missing right
AWAY = frozenset({"08", "53", "55", "57", "58", "40"})  # classes of codes after which a repeat may help
# The client gives no code to what a server refuses before a session, only the server's English text. A text that is
# none of these may be a server that starts or is full, so it means to wait.
ENTRY_DENIED = re.compile(
    r"authentication failed|no pg_hba\.conf entry|not permitted to log in|permission denied|certificate verify failed"
)
NEVER = re.compile(
    r"(database|role|file) \".*\" does not exist|unrecognized configuration parameter|SSL was required"
    r"|connection is bad: invalid"
)


def meaning(error: Any, text: str, table: str) -> StoreUnavailable | AlphapulseError:
    """Return what to raise for an error of psycopg; `text` is what it says, without secrets."""
    code = error.sqlstate or ""
    if code in DENIED or (not code and ENTRY_DENIED.search(text)):
        return NotPermitted(
            f"PostgreSQL refuses access: {text}",
            "Check the user and password of archive.postgres_dsn, and its right to create and write tables",
        )
    if not code and NEVER.search(text):
        return ConfigError(f"PostgreSQL can't be reached so: {text}", "Check archive.postgres_dsn")
    if not code or code[:2] in AWAY or code == "25P03":
        return StoreUnavailable(text)
    return ConfigError(
        f"PostgreSQL refuses the rows of {table}: {code} {text}",
        "Check that the tables in archive.postgres_schema are the archive's own",
    )
