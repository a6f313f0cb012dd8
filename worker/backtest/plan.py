"""The plan of a sweep: the engine settings to try, read from a TOML file."""

from __future__ import annotations

import tomllib
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from worker.errors import ConfigError

Choice = dict[str, Any]  # dotted name of an engine setting → value


class Plan(BaseModel):
    """The values of each setting, in `[parameters]`, by its name below `engine`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    draw: Literal["grid", "random"] = "grid"
    tries: int = Field(default=100, ge=1, le=100_000, description="of a random draw: combinations without repeats")
    seed: int = Field(default=1, ge=0)
    folds: int = Field(default=4, ge=1, le=100, description="walk-forward steps, each on days after those it chose by")
    parameters: dict[str, list[Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _values(self) -> Plan:
        if empty := [name for name, values in self.parameters.items() if not values]:
            raise ValueError(f"{empty[0]} has no values")
        return self

    @property
    def combinations(self) -> int:
        """Size of the whole grid."""
        return prod(map(len, self.parameters.values()))

    def choices(self) -> list[Choice]:
        """Return all combinations in order, or a drawn sample of them."""
        if self.draw == "grid":
            return [dict(zip(self.parameters, values, strict=True)) for values in product(*self.parameters.values())]
        count = min(self.tries, self.combinations)
        drawn = np.random.default_rng(self.seed).choice(self.combinations, count, replace=False)
        return [self._numbered(int(number)) for number in drawn]

    def _numbered(self, number: int) -> Choice:
        found: Choice = {}
        for name, values in self.parameters.items():
            number, at = divmod(number, len(values))
            found[name] = values[at]
        return found


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        ConfigError: the file cannot be read, or is invalid.
    """
    try:
        return Plan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"the plan {path} cannot be read: {error.strerror}", "Correct the path") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where}: {first['msg']}", "docs/backtest.md shows a plan") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", "docs/backtest.md shows a plan") from None
