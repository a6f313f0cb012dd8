"""The reader of the file: each mistake has its line and a suggestion."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from worker.alerts.configuration import receivers, rules
from worker.alerts.configuration.place import KINDS, line_of, meant, names, place
from worker.alerts.configuration.receivers import AnyReceiver
from worker.alerts.configuration.routes import Inhibition, Quiet, Route, Routes
from worker.alerts.configuration.rules import Predicate, Rule, Strict
from worker.errors import ConfigError

SHIPPED = Path(__file__).parent.parent / "shipped.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_RULES: dict[str, type[Strict]] = {
    "match": rules.Match,
    "rate": rules.Rate,
    "absent": rules.Absent,
    "threshold": rules.Threshold,
}
_RECEIVERS: dict[str, type[Strict]] = {
    "webhook": receivers.Webhook,
    "alertmanager": receivers.Alertmanager,
    "mail": receivers.Mail,
    "apprise": receivers.Apprise,
}


class AlertsFile(Strict):
    """The whole file."""

    shipped: bool = True  # whether the shipped rules hold beside one's own; one of the same name replaces it
    without: tuple[str, ...] = ()  # shipped rules that do not hold
    fallback: str | None = None  # receiver of what others did not take
    link: str = Field("", max_length=400)  # URL of the gateway's pages, for messages
    rules: dict[str, Rule] = Field(default_factory=dict)
    routes: Routes = ()
    inhibit: tuple[Inhibition, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    receivers: dict[str, AnyReceiver] = Field(default_factory=dict)

    @field_validator("rules", "receivers")
    @classmethod
    def _names(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name[:80]!r} is no name: use up to 64 lower-case letters, digits, - and _")
        return given


class Source:
    """A file's text, for errors."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            ConfigError: it can't be read.
        """
        self.path = path
        try:
            self.text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"the file of alerts {path} can't be read: {error.strerror}", "Set alerts.file") from None
        except UnicodeDecodeError:
            raise ConfigError(f"the file of alerts {path} is not UTF-8", "Correct the file") from None

    def refused(self, where: Sequence[Any], reason: str) -> ConfigError:
        """Return the error for something at a path in the file."""
        told = ".".join(str(part) for part in where) or "the file"
        line = line_of(self.text, where)
        return ConfigError(f"{self.path}, line {line}: {told}: {reason}", "Correct the file of alerts")

    def read(self) -> AlertsFile:
        """Return the file.

        Raises:
            ConfigError: something in it does not fit; the message names line and place.
        """
        try:
            return AlertsFile.model_validate(tomllib.loads(self.text))
        except ValidationError as error:
            found = error.errors(include_url=False)
            # A misspelt name comes first: where a required one is missing, it was probably meant.
            first = min(found, key=lambda one: one["type"] != "extra_forbidden")
            raise self.refused(place(first["loc"]), _reason(first)) from None
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{self.path} is no TOML: {error}", "Correct the file of alerts") from None


def _reason(error: Any) -> str:
    kind, loc = error["type"], error["loc"]
    if kind == "extra_forbidden":
        return f"there is no such name; {meant(str(loc[-1]), _known(loc[:-1]))}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        known = KINDS[:4] if loc[0] == "rules" else KINDS[4:]
        given = error.get("ctx", {}).get("tag")
        return "it needs a kind: " + ", ".join(known) if given is None else f"no kind {given!r}; {meant(given, known)}"
    if kind == "literal_error":
        values = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{str(error['input'])[:80]!r} is not known; {meant(str(error['input']), values)}"
    if kind == "missing":
        return "it is missing"
    return str(error["msg"]).removeprefix("Value error, ")


def _known(loc: Sequence[Any]) -> list[str]:
    if not loc:
        return names(AlertsFile)
    if "where" in loc:
        return names(Predicate)
    tables: dict[str, type[Strict]] = {"routes": Route, "inhibit": Inhibition, "quiet": Quiet}
    if loc[0] in tables:
        return names(tables[loc[0]])
    model = (_RULES | _RECEIVERS).get(str(loc[2])) if len(loc) > 2 else None
    return names(model) if model else []
