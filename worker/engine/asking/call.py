"""The call of a strategy's machine code by its address.

A strategy is compiled by itself, so another one, or other parameters, leave the engine's machine code as it is. The
call passes addresses only; whoever compiled the function has made sure that it was compiled for these records.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(64)
GIVEN = 9  # addresses that the function takes: carry, instrument, bar, output, values, was, own, intent, params


def _address_of_record(typingctx: Any, record: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], _WORD)

    # A record's value is the pointer to its first byte.
    return (types.int64(record), codegen) if isinstance(record, types.Record) else None


def _call_at(
    typingctx: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any
) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_WORD] * GIVEN)
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return types.int64(*[types.int64] * (GIVEN + 1)), codegen


address_of_record: Any = intrinsic(_address_of_record)  # (record): of its first byte, as int64
# (address, nine addresses): call the C function at `address` and return its int64. A pointer is passed as a word is.
call_at: Any = intrinsic(_call_at)
