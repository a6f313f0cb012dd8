"""The dashboard: one shell and plain modules, under every path that is not an interface's."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from worker.gateway import vendored
from worker.gateway.gateway import Gateway
from worker.gateway.mounts import Mount
from worker.gateway.static import Pages

log = logging.getLogger(__name__)


def mounts(gateway: Gateway) -> Sequence[Mount]:
    """Mount the pages at the root; charts without their scripts say so in their place, and a warning says it here."""
    if missing := vendored.missing():
        log.warning("charts can't be drawn", extra={"missing": missing, "fix": f"run {vendored.COMMAND}"})
    return [Mount("/", Pages(), below=True)]
