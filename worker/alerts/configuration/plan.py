"""The file as a whole: shipped and own rules, routes and receivers, checked against each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from worker.alerts.configuration.receivers import AnyReceiver
from worker.alerts.configuration.routes import Inhibition, Quiet, Route
from worker.alerts.configuration.rules import Base


class Limited(NamedTuple):
    """A rule, with the number that its limit stands for."""

    rule: Base
    limit: float = 0.0


class Routing(NamedTuple):
    """Where alerts go, and what keeps them back."""

    routes: Sequence[Route] = ()
    inhibitions: Sequence[Inhibition] = ()
    quiet: Sequence[Quiet] = ()


class Plan(NamedTuple):
    """What a process of the alerts does."""

    rules: Mapping[str, Limited]
    routing: Routing
    receivers: Mapping[str, AnyReceiver] = {}
    fallback: str | None = None
    link: str = ""  # of the pages, for messages

    @property
    def digest(self) -> str:
        """Hash of what decides which alerts and messages come out."""
        rules = {name: (one.rule.model_dump(mode="json"), one.limit) for name, one in sorted(self.rules.items())}
        routing = [[each.model_dump(mode="json") for each in part] for part in self.routing]
        return hashlib.sha256(msgspec.json.encode([rules, routing], order="sorted")).hexdigest()[:16]
