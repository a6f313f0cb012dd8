"""The token file as it is now: read again when it changes; a wrong one leaves the last good one in force."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from worker.errors import ConfigError
from worker.gateway.auth.tokens import Token, read_tokens
from worker.kafka.backoff import Rarely

log = logging.getLogger(__name__)
LOOK = 1.0  # seconds between two looks at the file


class TokenFile:
    """The entries in force."""

    def __init__(self, file: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: it is wrong, or names no token.
        """
        self._file, self._lines = file, Rarely()
        self._seen = _version(file)
        self._tokens = read_tokens(file)
        if not self._tokens:
            raise ConfigError(f"the token file {file} names no token", "Add one by `alphapulse gateway token`")
        self._looked = time.monotonic()

    def tokens(self) -> tuple[Token, ...]:
        """Return the entries; those of a file that changed, at the latest a second later."""
        now = time.monotonic()
        if now - self._looked >= LOOK:
            self._looked = now
            self._look()
        return self._tokens

    def _look(self) -> None:
        try:
            seen = _version(self._file)
            if seen == self._seen and seen is not None:
                return
            tokens = read_tokens(self._file)
        except ConfigError as error:
            if self._lines.due(error.message):
                log.error("the token file is wrong: the last good one stays in force", extra={"error": error.message})
            return
        self._seen, self._tokens = seen, tokens
        self._lines.reset()
        log.info("token file read", extra={"tokens": len(tokens)})


def _version(file: Path) -> tuple[int, ...] | None:
    """Return what changes with the file; a mounted secret changes by a link."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
