"""Where tables lie, what a store's errors mean, and the signature of the one request that deltalake can't make."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from worker.archive.delta.conditional import Key, key_of, signed
from worker.archive.delta.store import translated
from worker.archive.sink import Conflict, StoreUnavailable
from worker.errors import AlphapulseError, ConfigError, DataError, NotPermitted
from worker.export.delta import Store, module, store_of
from worker.settings.archive import ArchiveSettings

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ERRORS = module("deltalake.exceptions")


def settings(url: str, **store: Any) -> ArchiveSettings:
    return ArchiveSettings.model_validate({"url": url, "store": store})


def test_a_signature_is_that_of_the_published_example() -> None:
    """The example "PUT object" of Amazon's description of signature version 4."""
    key = Key("AKIAIOSFODNN7EXAMPLE", SECRET, "", "us-east-1")
    headers = {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    now, host = datetime(2013, 5, 24, tzinfo=UTC), "examplebucket.s3.amazonaws.com"
    found = signed(key, "PUT", host, "/test%24file.text", headers, b"Welcome to Amazon S3.", now)
    wanted = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    assert found["Authorization"].endswith(f"Signature={wanted}")
    assert signed(Key("", "", "", ""), "PUT", host, "/x", headers, b"") == headers


def test_addresses(tmp_path: Path) -> None:
    assert store_of(settings(f"{tmp_path}/")) == Store(str(tmp_path), {})
    store = store_of(settings("s3://lake/x/", endpoint="https://s3.local", access_key_id="a", secret_access_key=SECRET))
    assert store.table("decisions") == "s3://lake/x/decisions"
    assert key_of(store) == Key("a", SECRET, "", "us-east-1")
    assert store_of(settings(f"{tmp_path}/a:b")) == Store(f"{tmp_path}/a:b", {})
    for url, store_settings, says in (
        ("", {}, "is empty"),
        ("s3://lake", {}, "neither a folder nor"),
        ("s3:/lake/x", {}, "neither a folder nor"),
        ("gs://lake/x", {}, "neither a folder nor"),
        ("s3://lake/x", {"endpoint": "http://s3.local"}, "has no TLS"),
    ):
        with pytest.raises(ConfigError, match=says) as refused:
            store_of(settings(url, **store_settings))
        assert refused.value.fix


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (ERRORS.CommitFailedError("Failed to commit transaction: Concurrent transaction failed."), Conflict),
        (OSError("Generic S3 error: PUT in 403.1ms: 500 Internal Server Error"), StoreUnavailable),
        (OSError("PUT: non-2xx: 403 Forbidden: <Code>AccessDenied</Code>"), NotPermitted),
        (ERRORS.DeltaError("lacked the necessary privileges to complete"), NotPermitted),
        (ERRORS.SchemaMismatchError("types"), ConfigError),
        (ERRORS.DeltaProtocolError("writer version 9"), ConfigError),
        (ERRORS.TableNotFoundError("no log"), DataError),
        (type("PanicException", (BaseException,), {})("index out of bounds"), StoreUnavailable),
    ],
)
def test_errors_mean_what_they_say_and_tell_no_secret(error: BaseException, meaning: type[Exception]) -> None:
    error.args = (f"{error.args[0]} with\n  {SECRET}",)
    with pytest.raises(meaning) as told, translated(Store("s3://lake/x", {}, SECRET), "decisions"):
        raise error
    assert SECRET not in str(told.value)
    assert not isinstance(told.value, AlphapulseError) or told.value.fix
    with pytest.raises(KeyboardInterrupt), translated(Store("", {}), "decisions"):
        raise KeyboardInterrupt
