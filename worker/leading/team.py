"""What the members of one leader have in common."""

from __future__ import annotations

from typing import NamedTuple

from prometheus_client import Gauge


class Team(NamedTuple):
    """The members that lead or stand by."""

    what: str  # what its leader owns, as a part of a sentence
    group: str  # consumer group; also the beginning of the transactional id
    state_topic: str  # of one partition: whoever is assigned it leads
    owner: Gauge  # 1 while this process leads
