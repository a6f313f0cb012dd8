"""The models that decisions name."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from schemas.decision import Model
from worker.engine.scoring.model import Status


class ModelNames:
    """Models by number, in the order of their first use in this process; 0 is the configured one.

    Engines write the numbers into output rows, encoders turn them into text; nothing else may depend on them.
    `rows[number][status]` is the model as a decision shows it.
    """

    def __init__(self, name: str | None = None, version: str = "", runtime: str | None = None) -> None:
        self.rows: list[list[Model]] = []
        self._numbers: dict[tuple[str | None, str, str | None], int] = {}
        self.number(name, version, runtime)

    def __len__(self) -> int:
        return len(self.rows)

    def number(self, name: str | None, version: str = "", runtime: str | None = None) -> int:
        """Return the number of a model, a new one if needed; `runtime` ran it, None = it never ran."""
        key = name, version, runtime
        if key not in self._numbers:
            self._numbers[key] = len(self.rows)
            self.rows.append(_told(*key))
        return self._numbers[key]


def _told(name: str | None, version: str, runtime: str | None) -> list[Model]:
    statuses: list[Any] = [status.name for status in Status]
    nobody = Model(id=None, version=None, status="not_configured")
    if name is None:
        return [nobody if status == "not_configured" else Model(None, None, status) for status in statuses]
    rows = [Model(name, version, status, UNSET if runtime is None else runtime) for status in statuses]
    rows[Status.not_configured] = nobody
    return rows
