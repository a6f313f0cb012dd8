"""The token file: SHA-256 hashes of tokens with a label, a role and an expiry."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from worker.errors import ConfigError
from worker.settings.gateway import Role

PREFIX = "ap_"  # by which scanners of repositories can find a token that was committed
BYTES = 32  # of randomness: what is stored needs no salt and no slow hash
MAX_LABEL = 64
MEMBERS = ("label", "role", "sha256", "expires")
FIX = "`alphapulse gateway token` prints lines that fit"


class Token(NamedTuple):
    """One entry of the file."""

    label: str
    role: Role
    sha256: str
    expires: float | None  # epoch s

    def expired(self, now: float) -> bool:
        """Return whether it no longer counts; `now` in epoch s."""
        return self.expires is not None and now >= self.expires


def find(tokens: tuple[Token, ...], secret: str) -> Token | None:
    """Return the entry of a token. Each entry is compared, so that the time tells nothing."""
    wanted, found = digest(secret), None
    for token in tokens:
        if hmac.compare_digest(token.sha256, wanted):
            found = token
    return found


def digest(secret: str) -> str:
    """Return the hash of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_tokens(file: Path) -> tuple[Token, ...]:
    """Return the entries of a file; `token = []` is a valid one that lets nobody in.

    Raises:
        ConfigError: it can't be read, or an entry is wrong.
    """
    try:
        text = file.read_text(encoding="utf-8")
        found = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"the token file {file} can't be read: {error.strerror or error}", FIX) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        # The file may hold a token by mistake: its lines are no part of the message.
        raise ConfigError(f"the token file {file} is no TOML: {_place(error)}", FIX) from None
    entries = found.get("token")
    if set(found) != {"token"} or not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ConfigError(f"the token file {file} does not consist of [[token]] tables alone", FIX)
    tokens = tuple(_token(file, number, entry) for number, entry in enumerate(entries, 1))
    for name in ("label", "sha256"):
        twice = [value for value, count in Counter(getattr(token, name) for token in tokens).items() if count > 1]
        if twice:
            raise ConfigError(f"the token file {file} has two entries with one {name}", "A label tells who acts")
    return tokens


def new_token(label: str, role: Role, expires: timedelta | None, now: datetime) -> tuple[str, str]:
    """Return a new token, which is stored nowhere, and the lines for the file.

    Raises:
        ConfigError: the label is empty, too long or not printable.
    """
    _check_label(label)
    secret = PREFIX + secrets.token_urlsafe(BYTES)
    lines = ["[[token]]", f"label = {_quoted(label)}", f'role = "{role}"', f'sha256 = "{digest(secret)}"']
    if expires is not None:
        lines.append(f"expires = {(now + expires).astimezone(UTC).replace(microsecond=0).isoformat()}")
    return secret, "\n".join(lines)


def _token(file: Path, number: int, entry: dict[str, Any]) -> Token:
    where = f"entry {number} of the token file {file}"
    for name in entry:
        if name not in MEMBERS:
            near = get_close_matches(name, MEMBERS, 1)
            raise ConfigError(f"{where}: {name[:32]!r} is unknown", f"Did you mean {near[0]}?" if near else FIX)
    label, role, sha256, expires = (entry.get(name) for name in MEMBERS)
    if not isinstance(label, str):
        raise ConfigError(f"{where} has no label", FIX)
    _check_label(label)
    if role not in get_args(Role):
        raise ConfigError(f"{where}: its role is not read, operate or admin", FIX)
    if not isinstance(sha256, str) or len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ConfigError(f"{where}: its sha256 is not 64 hexadecimal digits in lower case", FIX)
    if expires is not None and (not isinstance(expires, datetime) or expires.tzinfo is None):
        raise ConfigError(f"{where}: its expires is no time with a zone", "Write for example 2027-01-31T00:00:00Z")
    return Token(label, cast(Role, role), sha256, None if expires is None else expires.timestamp())


def _check_label(label: str) -> None:
    if not 0 < len(label) <= MAX_LABEL or not label.isprintable() or label != label.strip():
        raise ConfigError(
            f"the label of a token is not 1 to {MAX_LABEL} printable characters", "It names who acts: --label ann"
        )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _place(error: Exception) -> str:
    line = getattr(error, "lineno", None)  # from Python 3.14 on
    return f"line {line}" if line else type(error).__name__
