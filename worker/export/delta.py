"""Delta tables by the package deltalake, which an extra brings: where they lie, and how to open one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from worker import extras
from worker.errors import ConfigError
from worker.settings.archive import ArchiveSettings

NOISE = re.compile(r"\x1b\[[0-9;]*m|[↳\s]+")
SCHEME = re.compile(r"[A-Za-z][\w+.-]+:")  # a mistyped address would be a folder, and found empty
MOST = 400  # characters of a store's error that are told


def module(name: str = "deltalake") -> Any:
    """Return a module of deltalake.

    Raises:
        ConfigError: deltalake is not installed.
    """
    return extras.module(name, "archive", "the archive needs deltalake")


class Store(NamedTuple):
    """A folder or a bucket's path, and how to reach it."""

    url: str
    options: dict[str, str]
    secret: str = ""

    def table(self, name: str) -> str:
        """Return the address of a table."""
        return f"{self.url}/{name}"

    def told(self, error: BaseException) -> str:
        """Return an error's text on one line, without the secret."""
        text = NOISE.sub(" ", str(error)).strip()
        return (text.replace(self.secret, "***") if self.secret else text)[:MOST]


def store_of(settings: ArchiveSettings) -> Store:
    """Return the store of the settings.

    Raises:
        ConfigError: there is no address, or it is of another kind.
    """
    url, access = settings.url.rstrip("/"), settings.store
    if not settings.url:
        raise ConfigError("archive.url is empty", "Set it to a folder, or to s3://bucket/path")
    if "://" not in url and not SCHEME.match(url):
        return Store(str(Path(url or "/").expanduser().absolute()), {})
    if not re.fullmatch(r"s3://[^/]+/.+", url):
        raise ConfigError(
            f"archive.url = {settings.url!r} is neither a folder nor s3://bucket/path",
            "Set it to a folder (./ before a name with a colon), or to s3://bucket/path of an S3-compatible store",
        )
    options = {
        "timeout": f"{access.timeout_s}s",
        "connect_timeout": f"{min(access.timeout_s, 5)}s",
        "max_retries": "3",
        "retry_timeout": f"{2 * access.timeout_s}s",
    }
    secret = access.secret_access_key.get_secret_value() if access.secret_access_key else ""
    given = {
        "aws_endpoint_url": access.endpoint,
        "aws_region": access.region or ("us-east-1" if access.endpoint else ""),
        "aws_access_key_id": access.access_key_id,
        "aws_secret_access_key": secret,
        "aws_allow_http": "true" if access.allow_http else "",
    }
    if access.endpoint.startswith("http://") and not access.allow_http:
        raise ConfigError(
            "archive.store.endpoint has no TLS, and the access key would be read on the way",
            "Use https://, or set archive.store.allow_http=true where the network is trusted",
        )
    return Store(url, options | {name: value for name, value in given.items() if value}, secret)
