"""Addresses and secrets from the file or from files of their own; no message names them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from worker.errors import ConfigError


def secret(name: str, key: str, given: SecretStr | None, file: Path | None) -> str | None:
    """Return a receiver's secret; None where neither is given.

    Raises:
        ConfigError: its file can't be read, or is empty.
    """
    if given is not None:
        return given.get_secret_value()
    if file is None:
        return None
    path = file.expanduser()
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(
            f"receivers.{name}.{key}: the file {path} can't be read: {reason}", "Make it readable, or correct the path"
        ) from None
    if not text:
        raise ConfigError(f"receivers.{name}.{key}: the file {path} is empty", "Write the value into it")
    return text


def http_url(name: str, text: str) -> str:
    """Return a URL of HTTP.

    Raises:
        ConfigError: it is none; the message does not repeat it.
    """
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0  # a wrong port raises
    except ValueError:
        fits = False
    if not fits:
        raise ConfigError(
            f"receivers.{name}: the URL is not one of http or https", "Write for example https://host/path"
        )
    return text
