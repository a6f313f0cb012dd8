"""Requests of which only one version is spoken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import RequestStruct


class Fixed:
    """A request as aiokafka's connections take one."""

    def __init__(self, struct: type[RequestStruct], *values: Any) -> None:
        self._struct, self._values = struct, values

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> RequestStruct:
        """The request, for a broker that knows these (least, most) versions by the keys of the requests.

        Raises:
            IncompatibleBrokerVersion: it doesn't know ours.
        """
        struct = self._struct
        least, most = versions.get(struct.API_KEY, (0, -1))
        if not least <= struct.API_VERSION <= most:
            raise IncompatibleBrokerVersion(
                f"{struct.__name__}: the broker knows the versions {least} to {most}, not {struct.API_VERSION}"
            )
        return struct(*self._values)
