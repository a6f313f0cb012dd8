"""The words that every Python peer is started with."""

from __future__ import annotations

import sys
from typing import NamedTuple


class Arguments(NamedTuple):
    """`reset`: where a new group begins, `earliest` or `latest`. `folder`: where state may be kept."""

    bootstrap: str
    input: str
    output: str
    group: str
    task: str
    guarantee: str
    reset: str
    folder: str

    @property
    def rolling(self) -> bool:
        return self.task == "zscore"

    @property
    def exactly_once(self) -> bool:
        return self.guarantee == "eos"


def arguments() -> Arguments:
    """Those of this process."""
    return Arguments(*sys.argv[1:])
