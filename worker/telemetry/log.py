"""Logs: one JSON object per line on stderr, readable text on a terminal."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from worker.settings import LogSettings
from worker.telemetry.repeats import LIBRARY, Lowered, Repeats

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonFormatter(logging.Formatter):
    """JSON lines of `ts`, `level`, `logger`, `event` and the record's own fields."""

    def __init__(self, common: dict[str, Any]) -> None:
        super().__init__()
        self._common = common

    def format(self, record: logging.LogRecord) -> str:
        """Format one JSON object without a line break."""
        line = {"ts": _time(record), "level": record.levelname.lower(), "logger": record.name}
        line |= {"event": record.getMessage(), **self._common, **_extra(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextFormatter(logging.Formatter):
    """Text lines of time, level, event and `name=value` fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one line, and the traceback if there is one."""
        fields = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        text = f"{_time(record)[11:23]} {record.levelname.lower():7} {record.getMessage()} {fields}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure(settings: LogSettings, **common: Any) -> None:
    """Configure the log on stderr by the settings; every JSON line has the `common` fields."""
    text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if text else JsonFormatter(common))
    handler.addFilter(Repeats())
    handler.addFilter(Lowered())
    logging.basicConfig(level=settings.level, handlers=[handler], force=True)
    # The client library reports ordinary rebalances and reconnects as warnings and errors.
    if settings.level != "DEBUG":
        logging.getLogger(LIBRARY).setLevel(logging.ERROR)
