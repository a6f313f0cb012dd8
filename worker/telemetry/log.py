"""Logs: one JSON object a line on stderr, readable text on a terminal."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from worker.settings import LogSettings

REPEAT_SECONDS = 5.0  # one lost connection makes the client library log hundreds of equal lines
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonFormatter(logging.Formatter):
    """`ts`, `level`, `logger`, `event` and the record's own fields."""

    def __init__(self, common: dict[str, Any]) -> None:
        super().__init__()
        self._common = common

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object without a line break."""
        line = {"ts": _time(record), "level": record.levelname.lower(), "logger": record.name}
        line |= {"event": record.getMessage(), **self._common, **_extra(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextFormatter(logging.Formatter):
    """Time, level, event and `name=value` fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback where there is one."""
        fields = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        text = f"{_time(record)[11:23]} {record.levelname.lower():7} {record.getMessage()} {fields}".rstrip()
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class RepeatFilter(logging.Filter):
    """Lets the same message of a library pass once per REPEAT_SECONDS."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a message that was logged a moment ago."""
        if record.name.startswith("worker"):
            return True
        now, key = time.monotonic(), (record.name, str(record.msg))
        if now - self._seen.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        self._seen[key] = now
        return True


def configure(settings: LogSettings, **common: Any) -> None:
    """Send the log to stderr as the settings say; `common` fields stand in every JSON line."""
    text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if text else JsonFormatter(common))
    handler.addFilter(RepeatFilter())
    logging.basicConfig(level=settings.level, handlers=[handler], force=True)
    # The client library reports ordinary rebalances and reconnects as warnings and errors.
    if settings.level != "DEBUG":
        logging.getLogger("aiokafka").setLevel(logging.ERROR)
