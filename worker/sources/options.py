"""What the user says about files of bars where the files do not say it themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from worker.engine.stages.ingestion.settings import check_extra
from worker.errors import ConfigError
from worker.sources.record import check_symbol

CLOCKS = ("hours", "hour-ending", "hhmm", "hhmmss", "minutes", "seconds")  # what a time of day beside a date is
UNITS = ("s", "ms", "us", "ns", "excel", "days", "sas")
ORDERS = ("dayfirst", "monthfirst")
CALENDARS = ROC, BUDDHIST = ("roc", "buddhist")  # whose years are told from those of the Gregorian one
PASSES = ("first", SECOND := "second")  # of an hour that the clocks repeat
FIELDS = ("ts", "clock", "open", "high", "low", "close", "volume", "symbol", "ingest_ts")
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_FARTHEST = timedelta(hours=14)  # from UTC that a clock on Earth is


@dataclass(frozen=True)
class ReadOptions:
    """Options of a reader; None and empty: decided per file. `columns` maps a field to a header or a 1-based number."""

    symbol: str | None = None
    interval: str | None = None
    decimal: str | None = None  # "." or ","
    date_format: str | None = None  # one of ORDERS, UNITS, CALENDARS or CLOCKS, or a format of strptime
    timezone: str | None = None  # of times that carry no offset
    columns: Mapping[str, str] = field(default_factory=dict)
    repeated_hour: str | None = None  # one of PASSES, where a file has only one
    extra: tuple[str, ...] = ()  # further columns of numbers that every file has
    optional: tuple[str, ...] = ()  # the same, where a file has them

    def __post_init__(self) -> None:
        if self.symbol is not None:
            check_symbol(self.symbol)
        if self.decimal not in (None, ".", ","):
            raise ConfigError(f"--decimal {self.decimal} is no decimal mark", "Give --decimal . or --decimal ,")
        given = self.date_format
        if given is not None and given not in (known := (*ORDERS, *UNITS, *CALENDARS, *CLOCKS)) and "%" not in given:
            raise ConfigError(
                f"--date-format {given} is no date format",
                f"Give one of {', '.join(known)}, or a format of strptime such as %d.%m.%Y",
            )
        if self.timezone is not None:
            zone_of(self.timezone)
        if self.repeated_hour not in (None, *PASSES):
            raise ConfigError(f"--repeated-hour {self.repeated_hour} is no pass", f"Give one of {', '.join(PASSES)}")
        try:
            check_extra(self.extra)
        except ValueError as error:
            raise ConfigError(f"--extra: {error}", "Give for example --extra btc_close") from None
        for name in self.columns:
            if name not in (fields := (*FIELDS, *self.numbers)):
                raise ConfigError(f"--column {name}=… names no field", f"Give one of: {', '.join(fields)}")

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the names of all further columns, each once."""
        return tuple(dict.fromkeys((*self.optional, *self.extra)))


def offset_of(name: str) -> timedelta | None:
    """Return the offset that a name such as UTC+2, GMT-05:30 or +0200 states, None for any other."""
    match = _OFFSET.fullmatch(name.strip())
    if match is None:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return None if size > _FARTHEST else -size if match[1] == "-" else size


def zone_of(name: str) -> tzinfo:
    """Return the time zone of an IANA name, or the one at an offset from UTC.

    Raises:
        ConfigError: no zone has that name.
    """
    if (offset := offset_of(name)) is not None:
        return timezone(offset)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError, a folder or a long name an OSError
        pass
    except KeyError:
        pass
    raise ConfigError(f"--timezone {name} is no time zone", "Give an IANA name such as Europe/Berlin, or UTC+2")


def _field(name: str) -> str:
    return name.lower() if name.lower() in FIELDS else name


def columns_of(given: list[str] | None) -> dict[str, str]:
    """Parse columns as the command line states them: `volume=TickVol`.

    Raises:
        ConfigError: one has no `=`.
    """
    found: dict[str, str] = {}
    for each in given or []:
        name, equals, header = each.partition("=")
        if not equals or not header:
            raise ConfigError(f"--column {each} names no column", "Give for example --column volume=TickVol")
        found[_field(name.strip())] = header.strip()
    return found
