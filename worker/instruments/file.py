"""The instruments file: read, checked, and refused with the place of the first mistake."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from worker.engine.calendar import CalendarSettings
from worker.engine.settings import InstrumentSettings
from worker.errors import ConfigError
from worker.instruments import times
from worker.instruments.lines import line_of


class CalendarTable(CalendarSettings):
    """A calendar whose sessions and closures may be written as text and dates."""

    @field_validator("sessions", mode="before")
    @classmethod
    def _sessions(cls, given: Any) -> Any:
        return times.sessions(given)

    @field_validator("closures", mode="before")
    @classmethod
    def _closures(cls, given: Any) -> Any:
        return times.closures(given)


class InstrumentsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(min_length=1)
    calendars: dict[str, CalendarTable] = Field(default_factory=dict)
    instruments: dict[str, InstrumentSettings] = Field(default_factory=dict)


FIELDS: dict[str, Iterable[str]] = {
    "calendars": CalendarSettings.model_fields,
    "instruments": InstrumentSettings.model_fields,
}


def _reason(error: Any) -> str:
    # A misspelt name is answered with the nearest one that there is.
    if error["type"] != "extra_forbidden":
        return str(error["msg"]).removeprefix("Value error, ")
    *tables, name = error["loc"]
    known = FIELDS[tables[0]] if tables else InstrumentsFile.model_fields
    near = get_close_matches(str(name), list(known), 1)
    return "there is no such name; " + (f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}")


def read(path: Path) -> InstrumentsFile:
    """Read an instruments file.

    Raises:
        ConfigError: it cannot be read, or something in it does not fit; names line and place.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return InstrumentsFile.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ConfigError(f"the instruments file {path} cannot be read: {error.strerror}", "Correct the path") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        place = f"{path}, line {line_of(text, first['loc'])}"
        raise ConfigError(f"{place}: {where}: {_reason(first)}", "Correct the instruments file") from None
    except ValueError as error:  # TOML syntax, or bytes that are no UTF-8
        raise ConfigError(f"{path} is no TOML: {error}", "Correct the instruments file") from None
