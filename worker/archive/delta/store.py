"""What the errors of deltalake and of the store below it mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from worker.archive.sink import Conflict, StoreUnavailable
from worker.errors import AlphapulseError, ConfigError, DataError, NotPermitted
from worker.export.delta import Store, module

DENIED = re.compile(
    r"403 Forbidden|401 Unauthorized|AccessDenied|lacked the necessary privileges|InvalidAccessKeyId|"
    r"SignatureDoesNotMatch|Permission denied|PermissionDenied|"
    r"ACCESS_DENIED|INVALID_ACCESS_KEY_ID|SIGNATURE_DOES_NOT_MATCH"  # as Amazon's own library says it
)
MADE_BY = "Give the archive.url of `alphapulse archive`; its first start makes the tables"  # where there is no table
PANIC = "PanicException"  # what deltalake raises for a fault of its own; no subclass of Exception


@contextmanager
def translated(store: Store, name: str) -> Iterator[None]:
    """Translate the errors of deltalake in the block.

    Raises:
        Conflict, StoreUnavailable, AlphapulseError: as `Sink.append`.
    """
    errors = module("deltalake.exceptions")
    try:
        yield
    except (AlphapulseError, Conflict, StoreUnavailable):
        raise
    except errors.CommitFailedError as error:
        if DENIED.search(str(error)):
            raise _denied(store, error) from None
        raise Conflict(store.told(error)) from None
    except errors.SchemaMismatchError as error:
        raise ConfigError(
            f"the table {store.table(name)} has columns of other types: {store.told(error)}",
            "Archive into another archive.url: columns are added to a table, but never changed",
        ) from None
    except errors.DeltaProtocolError as error:
        raise ConfigError(
            f"the table {store.table(name)} needs a newer writer: {store.told(error)}",
            "Upgrade deltalake, or archive into another archive.url",
        ) from None
    except errors.TableNotFoundError as error:
        raise DataError(
            f"the table {store.table(name)} is gone: {store.told(error)}",
            "Restore it; or start again, and it is made anew from what the topics still hold",
        ) from None
    except (errors.DeltaError, OSError) as error:
        if DENIED.search(str(error)):
            raise _denied(store, error) from None
        raise StoreUnavailable(store.told(error)) from None
    except BaseException as error:
        if not _panicked(error):
            raise
        raise StoreUnavailable(f"deltalake failed: {store.told(error)}") from None


def _panicked(error: BaseException) -> bool:
    return type(error).__name__ == PANIC


def _denied(store: Store, error: BaseException) -> NotPermitted:
    return NotPermitted(
        f"the store refuses access to {store.url}: {store.told(error)}",
        "Check archive.store.access_key_id and its secret, and its rights to list, read, write and delete there",
    )
