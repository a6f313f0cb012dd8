"""A client of server-sent events that reads as the standard says (HTML, 9.2), and nothing more kindly."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_LINE = re.compile(r"\r\n|\n|\r")


class Event(NamedTuple):
    """A dispatched event, and the last id at that time."""

    name: str
    data: str
    id: str

    @property
    def content(self) -> Any:
        return json.loads(self.data)


class Client:
    """Takes bytes as they come; what is not ended by a blank line when the connection ends is dropped."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.events: list[Event] = []
        self.comments = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        self._rest += data
        before = len(self.events)
        # A block ends with a blank line; our server writes LF only, so a CR would break a line of the client's.
        while (match := re.search(rb"(\r\n|\n|\r)(\r\n|\n|\r)", self._rest)) is not None:
            block, self._rest = self._rest[: match.end()], self._rest[match.end() :]
            self._block(block.decode("utf-8"))
        return self.events[before:]

    def _block(self, text: str) -> None:
        name, data = "", list[str]()
        for line in _LINE.split(text):
            if line.startswith(":"):
                self.comments += 1
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id" and "\0" not in value:
                self.last_id = value
        if data:
            self.events.append(Event(name or "message", "\n".join(data), self.last_id))

    def cut(self) -> None:
        """The connection has ended."""
        self._rest = b""
