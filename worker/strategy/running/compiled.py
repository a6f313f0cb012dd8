"""A strategy's step as machine code of its own, which the engine calls by address."""

from __future__ import annotations

import copy
from collections import namedtuple
from typing import Any, Self

import numba
import numpy as np
from numba.np.numpy_support import from_dtype

from worker.engine.asking.intent import INTENT, Status
from worker.engine.bar import BAR, INSTRUMENT
from worker.strategy.declaring.fields import packed
from worker.strategy.describing.definition import EXTRA_PART, Definition
from worker.strategy.errors import StrategyRefused
from worker.strategy.running.layout import CARRY, CONTEXT, EXTRA, OF_CARRY, OF_OUTPUT, OUTPUT
from worker.strategy.running.machine import Machine
from worker.strategy.running.observing import Observing
from worker.strategy.running.playing import CompiledPlayer, play_stub

CALL = '''"""The C function of a strategy."""


@numba.cfunc(SIGNATURE, cache=KEPT, **OPTIONS)
def call(carry, instrument, bar, output, values, was, own, intent, params):
    ind, before = numba.carray(values, 1)[0], numba.carray(was, 1)[0]
    {ready}
    state, row = numba.carray(carry, 1)[0], numba.carray(output, 1)[0]
    context = Context({context})
    try:
        step(context)
    except Exception:
        return RAISED
    return OK
'''
WAIT = "if {unknown}:\n        return WARMING_UP"
RECORDS = {
    "bar": "numba.carray(bar, 1)[0]",
    "ind": "ind",
    "was": "before",
    "state": "numba.carray(own, 1)[0]",
    "order": "numba.carray(intent, 1)[0]",
    "p": "numba.carray(params, 1)[0]",
    EXTRA: f"ind.{EXTRA_PART}",
}


class Compiled(Observing):
    """A compiled strategy (`engine.strategy.hooked.Hooked`). Other values of its parameters compile nothing."""

    def __init__(self, definition: Definition) -> None:
        if packed(definition.source.strategy.State):
            raise StrategyRefused(
                f"the state of {definition.source.name} is a struct of msgspec, which compiled code does not know",
                'Set engine.strategy.mode = "python"',
            )
        compiler = machine(definition)
        self._own_code = None if definition.rolling is None else CompiledPlayer(definition, compiler)
        super().__init__(definition, self._own_code)
        self._call = _function(definition, compiler)
        self.address = self._call.address
        self.params = definition.record

    def other(self, definition: Definition) -> Self:
        """Return the same machine code with other values of the parameters, for an engine of its own."""
        assert alike(definition, self.definition), "machine code is for one layout"
        found = copy.copy(self)
        found._own_code = None if self._own_code is None else self._own_code.other(definition)
        found.params = definition.record
        found._begin(definition, found._own_code)
        return found


def alike(one: Definition, other: Definition) -> bool:
    """Return whether two sets of parameters of a strategy share machine code: indicators of the same names."""
    same = one.source is other.source and one.record.dtype == other.record.dtype and one.own == other.own
    return same and (one.names, one.needed) == (other.names, other.needed)


def machine(definition: Definition) -> Machine:
    """Return what compiles this strategy."""
    records, stubs, own = [*_records(definition)], [_stub(definition)], definition.rolling
    if own is not None:
        records.append(own.record)
        stubs.append(play_stub(own.published, bool(definition.extra)))
    return Machine(definition.source, records, stubs)


def _stub(definition: Definition) -> str:
    unknown = [
        f"{record}.{name} != {record}.{name}"
        for name, needed in zip(definition.names, definition.needed, strict=True)
        if needed
        for record in ("ind", "before")
    ]
    ready = WAIT.format(unknown=" or ".join(unknown)) if unknown else ""
    parts = RECORDS | {name: ".".join(("state", *part.path)) for name, part in OF_CARRY.items()}
    parts |= {name: ".".join(("row", *part.path)) for name, part in OF_OUTPUT.items()}
    return CALL.format(ready=ready, context=", ".join(parts[name] for name in _context(definition)))


def _context(definition: Definition) -> tuple[str, ...]:
    return (*CONTEXT, EXTRA) if definition.extra else CONTEXT


def _records(definition: Definition) -> tuple[np.dtype[Any], ...]:
    values = definition.row, definition.values
    return (CARRY, INSTRUMENT, BAR, OUTPUT, *values, definition.own, INTENT, definition.record.dtype)


def _function(definition: Definition, compiler: Machine) -> Any:
    kinds = [from_dtype(record) for record in _records(definition)]
    return compiler.built(
        "call",
        _stub(definition),
        {
            "SIGNATURE": numba.types.int64(*[numba.types.CPointer(kind) for kind in kinds]),
            "Context": namedtuple("Context", _context(definition)),
            "step": compiler.jitted(definition.step),
            "OK": int(Status.ok),
            "RAISED": int(Status.raised),
            "WARMING_UP": int(Status.warming_up),
        },
    )
