"""A strategy with its parameters: checked, laid out, and not yet ready to run."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from worker.engine.asking.intent import NOTES
from worker.engine.strategy.plan import Plan, plan
from worker.errors import SettingRefused
from worker.strategy.declaring.declared import Parameters
from worker.strategy.declaring.fields import NOTHING, packed, packed_record, parameter_record, state_record
from worker.strategy.describing.calls import callable_methods, meant
from worker.strategy.describing.columns import extra_columns
from worker.strategy.describing.rolling import Rolling, rolling
from worker.strategy.describing.source import Source
from worker.strategy.errors import FIX, StrategyRefused, raised
from worker.strategy.ta import Indicator

MOST_TAGS = 16
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")  # as it may stand in decisions
EXTRA_PART = "_extra"  # no indicator has such a name


class Definition(NamedTuple):
    """What both ways to run a strategy are made of."""

    source: Source
    version: int
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    parameters: BaseModel
    record: NDArray[Any]  # the parameters that a step can read, (1,)
    own: np.dtype[Any]  # of the state
    indicators: Mapping[str, Indicator]
    names: tuple[str, ...]  # of the indicators, and of what its own rolling code publishes
    needed: tuple[bool, ...]  # which must be known before the step is called
    plan: Plan
    rolling: Rolling | None
    step: Callable[[Any], None]
    extra: tuple[str, ...]  # extra columns of ticks that it reads

    @property
    def name(self) -> str:
        """Return the name that stands in decisions: that of the entry point, or of the class as a_b for AB."""
        named, strategy = self.source.name, self.source.strategy.__name__
        own = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", strategy).lower()
        return named if self.source.packaged else own

    @property
    def values(self) -> np.dtype[Any]:
        """Return the record of a row of indicator values."""
        return np.dtype([(name, "f8") for name in self.names] or [("nothing", "f8")])

    @property
    def row(self) -> np.dtype[Any]:
        """Return the record of a row of `values` at this bar: the extra columns lie behind the indicators."""
        if not self.extra:
            return self.values
        indicators = [(name, "f8") for name in self.names]
        return np.dtype([*indicators, (EXTRA_PART, [(name, "f8") for name in self.extra])])

    @property
    def words(self) -> int:
        """Return the float64 words of a symbol's memory."""
        return self.plan.words + (0 if self.rolling is None else self.rolling.words)


def define(source: Source, given: Mapping[str, Any]) -> Definition:
    """Check a strategy and lay out its indicators for the parameters that are given.

    Raises:
        StrategyRefused: a part of it is missing or malformed, or its `indicators` fails.
        SettingRefused: a parameter is unknown or out of its range.
    """
    strategy, name = source.strategy, source.name
    version, tags, notes = _described(name, strategy)
    callable_methods(name, strategy)
    parameters = _parameters(name, strategy, given)
    record = _record(name, parameters)
    indicators = _indicators(source, parameters)
    rows = plan({each: indicator.series for each, indicator in indicators.items()})
    own_code = rolling(source)
    published = () if own_code is None else own_code.published
    if twice := set(published) & set(indicators):
        raise StrategyRefused(f"{name}: {min(twice)} is both an indicator and one of values", "Give it another name")
    names = (*indicators, *published)
    needed = (*(not indicator.optional for indicator in indicators.values()), *(True for _ in published))
    own = _own(source)
    return Definition(
        *(source, version, tags, notes, parameters, record, own, indicators, names, needed, rows, own_code),
        strategy.step,
        extra_columns(source),
    )


def _own(source: Source) -> np.dtype[Any]:
    strategy = source.strategy
    if not packed(strategy.State):
        return state_record(source.name, strategy.State, source.module)
    try:
        strategy.State()
    except TypeError as error:
        raise StrategyRefused(f"{source.name}: a state must begin without values: {error}", FIX) from None
    return packed_record(source.name, strategy.state_bytes)


def _described(name: str, strategy: Any) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    version, tags, notes = strategy.version, strategy.tags, strategy.notes
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise StrategyRefused(f"{name}: version is a whole number, not {version!r}", FIX)
    for each, most in ((tags, MOST_TAGS), (notes, NOTES)):
        what = "tags" if each is tags else "notes"
        if not isinstance(each, tuple) or not all(isinstance(text, str) and NAME.fullmatch(text) for text in each):
            raise StrategyRefused(
                f"{name}: {what} is a tuple of names of letters, digits and _.:-, not {each!r}",
                'Write ("one",) for one name',
            )
        if len(each) > most or len(set(each)) < len(each):
            raise StrategyRefused(f"{name}: {what} has at most {most} names, each once", FIX)
    return version, tags, notes


def _record(name: str, parameters: BaseModel) -> NDArray[Any]:
    record = np.zeros(1, parameter_record(name, type(parameters)))
    for field in record.dtype.names or () if record.dtype != NOTHING else ():
        try:
            record[field] = getattr(parameters, field)
        except OverflowError:
            raise SettingRefused(("engine", "strategy", "parameters", field), "it is beyond 64 bits") from None
    return record


def _parameters(name: str, strategy: Any, given: Mapping[str, Any]) -> BaseModel:
    if not issubclass(strategy.Parameters, Parameters):
        raise StrategyRefused(f"{name}: its Parameters derive from no Parameters", "Write class Parameters(Parameters)")
    try:
        parameters: BaseModel = strategy.Parameters(**given)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            known = ", ".join(strategy.Parameters.model_fields) or "none"
            first = {**first, "msg": f"{name} has no such parameter (known: {known})", "type": "no_parameter"}
        path = ("engine", "strategy", "parameters", *(str(part) for part in first["loc"]))
        raise SettingRefused(path, first["msg"], first["type"], "`alphapulse strategy show` lists them") from None
    return parameters


def _indicators(source: Source, parameters: BaseModel) -> dict[str, Indicator]:
    try:
        declared = source.strategy.indicators(parameters)
    except StrategyRefused:
        raise
    except Exception as error:
        raise raised(source.name, "can't declare its indicators", error, source.file, meant(error)) from None
    if not isinstance(declared, Mapping):
        raise StrategyRefused(f"{source.name}: indicators returns names with indicators, not {declared!r}", FIX)
    found: dict[str, Indicator] = {}
    for name, value in declared.items():
        found |= _named(source.name, name, value)
    return found


def _named(strategy: str, name: Any, value: Any) -> dict[str, Indicator]:
    """Return one indicator, or those of a group such as `ta.macd()` by the group's name and their own."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise StrategyRefused(f"{strategy}: {name!r} can't be the name of an indicator", "Use letters, digits and _")
    if isinstance(value, Indicator):
        return {name: value}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {f"{name}_{field}": each for field, each in zip(value._fields, value, strict=True)}
    raise StrategyRefused(f"{strategy}: the indicator {name} is {value!r}, and not one of ta", FIX)
