"""Files of a table in an S3-compatible store, by pyarrow: other threads go on while the store is slow.

deltalake's own file system (1.6.6) keeps the interpreter's lock while it opens a file to write, as long as the store
takes; the member would miss its polls, and probes would get no answer.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from worker.export.columns import arrow
from worker.export.delta import Store

SCHEME = "s3://"
CHECKSUMS = ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION")  # variables of Amazon's library


def objects(store: Store, name: str) -> Any | None:
    """Return a table's place in a store as a pyarrow file system; None for a folder.

    A small file is one put, a larger one comes in parts.
    """
    if not store.url.startswith(SCHEME):
        return None
    for variable in CHECKSUMS:
        os.environ.setdefault(variable, "when_required")  # SeaweedFS 4.48 takes no checksum behind the body
    fs, options = arrow("pyarrow.fs"), store.options
    given: dict[str, Any] = {
        "access_key": options.get("aws_access_key_id"),
        "secret_key": options.get("aws_secret_access_key"),
        "region": options.get("aws_region") or os.environ.get("AWS_REGION"),
        "request_timeout": float(options["timeout"].rstrip("s")),
        "connect_timeout": float(options["connect_timeout"].rstrip("s")),
        "background_writes": False,  # else parts of a large file wait in memory
        "allow_delayed_open": True,
    }
    if endpoint := options.get("aws_endpoint_url"):
        place = urlsplit(endpoint)
        given |= {"scheme": place.scheme, "endpoint_override": place.netloc + place.path.rstrip("/")}
    return fs.SubTreeFileSystem(store.table(name).removeprefix(SCHEME), fs.S3FileSystem(**given))
