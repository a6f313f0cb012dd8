"""The source of a value in words, and the spelling of settings in that source."""

from __future__ import annotations

from typing import Literal, NamedTuple

from worker.settings.names import SettingPath, dotted, variable

Kind = Literal["command line", "environment", ".env", "secret", "file", "plan"]


class Origin(NamedTuple):
    """A source, and the variable or file in it."""

    kind: Kind
    name: str = ""

    @property
    def label(self) -> str:
        """The source as `alphapulse config` shows it."""
        return f"{self.kind} {self.name}".rstrip()

    @property
    def phrase(self) -> str:
        """The source as a message names it."""
        match self.kind:
            case "environment":
                return f"the environment variable {self.name}"
            case ".env":
                return f"{self.name} in the file .env"
            case "secret" | "file" | "plan":
                return f"the file {self.name}"
            case _:
                return "the command line"

    def spelt(self, path: SettingPath) -> str:
        """Spell a setting as this source does."""
        match self.kind:
            case "environment" | ".env":
                return variable(path)
            case "secret":
                return variable(path).lower()
            case "plan":
                return dotted(path[1:])  # its names begin below `engine`
            case _:
                return dotted(path)
