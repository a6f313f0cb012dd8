"""A conditional put by itself: deltalake looks before it commits, so only this shows whether a store holds to it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from worker.archive.sink import StoreUnavailable
from worker.errors import NotPermitted
from worker.export.delta import Store

TIMEOUT_S = 30
REFUSED = (409, 412)  # a condition that did not hold, or another put of the same object at this moment
DENIED = (401, 403)
BODY = b"probe"


class Key(NamedTuple):
    """An access key; without an id requests are not signed."""

    id: str
    secret: str
    token: str
    region: str


def refuses_second_put(store: Store, name: str) -> bool:
    """Return whether the store refuses a second put of an object under `If-None-Match: *`.

    Amazon's own store, which has no endpoint in the settings, is taken at its documentation's word.

    Raises:
        NotPermitted: the store refuses the first one.
        StoreUnavailable: the store does not answer as one.
    """
    if not (endpoint := store.options.get("aws_endpoint_url", "")):
        return True
    path = f"{urlsplit(endpoint).path.rstrip('/')}/{store.url.removeprefix('s3://')}/{name}"
    condition = {"If-None-Match": "*"}
    first = _asked(store, endpoint, "PUT", path, condition)
    if first in DENIED:
        raise NotPermitted(
            f"the store refuses to write to {store.url}: HTTP {first}",
            "Check archive.store.access_key_id and its secret, and its rights to list, read, write and delete there",
        )
    if first // 100 != 2:
        raise StoreUnavailable(f"{endpoint} answers a conditional put with HTTP {first}")
    second = _asked(store, endpoint, "PUT", path, condition)
    _asked(store, endpoint, "DELETE", path, {})
    if second not in REFUSED and second // 100 != 2:
        raise StoreUnavailable(f"{endpoint} answers a second conditional put with HTTP {second}")
    return second in REFUSED


def _asked(store: Store, endpoint: str, method: str, path: str, headers: Mapping[str, str]) -> int:
    """Return the status of a request."""
    place, body = urlsplit(endpoint), BODY if method == "PUT" else b""
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=TIMEOUT_S)
    encoded = quote(path)
    try:
        connection.request(method, encoded, body, signed(key_of(store), method, place.netloc, encoded, headers, body))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as problem:
        raise StoreUnavailable(f"{endpoint} does not answer: {store.told(problem)}") from None
    finally:
        connection.close()
    return answer.status


def key_of(store: Store) -> Key:
    """Return the key of the settings, else that of the environment."""
    given = store.options
    region = given.get("aws_region") or os.environ.get("AWS_REGION", "us-east-1")
    if "aws_access_key_id" in given:
        return Key(given["aws_access_key_id"], given.get("aws_secret_access_key", ""), "", region)
    own = {name: os.environ.get(f"AWS_{name}", "") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")}
    return Key(own["ACCESS_KEY_ID"], own["SECRET_ACCESS_KEY"], own["SESSION_TOKEN"], region)


def signed(
    key: Key, method: str, host: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime | None = None
) -> dict[str, str]:
    """Return the headers of a request to S3 with their signature, version 4; `path` is encoded already."""
    if not key.id:
        return dict(headers)
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    own = dict(headers) | {"Host": host, "x-amz-date": moment, "x-amz-content-sha256": digest}
    if key.token:
        own["x-amz-security-token"] = key.token
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in own.items())
    names = ";".join(name for name, _ in lines)
    canonical = "\n".join([method, path, "", *(f"{name}:{value}" for name, value in lines), "", names, digest])
    scope = f"{moment[:8]}/{key.region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    made = f"AWS4{key.secret}".encode()
    for part in scope.split("/"):
        made = hmac.digest(made, part.encode(), "sha256")
    signature = hmac.new(made, text.encode(), "sha256").hexdigest()
    own["Authorization"] = f"AWS4-HMAC-SHA256 Credential={key.id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return own
