"""Requests in a single version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import RequestStruct


class Fixed:
    """A request in the form that aiokafka's connections accept."""

    def __init__(self, struct: type[RequestStruct], *values: Any) -> None:
        self._struct, self._values = struct, values

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> RequestStruct:
        """Build the request for a broker; `versions` are its supported (least, most) versions by request key.

        Raises:
            IncompatibleBrokerVersion: the broker does not support this version.
        """
        struct = self._struct
        least, most = versions.get(struct.API_KEY, (0, -1))
        if not least <= struct.API_VERSION <= most:
            raise IncompatibleBrokerVersion(
                f"{struct.__name__}: the broker supports the versions {least} to {most}, not {struct.API_VERSION}"
            )
        return struct(*self._values)
