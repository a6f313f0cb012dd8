"""Scratch space for a kernel's intermediate values: kernels can't create arrays, but they have a stack."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

SIZE = 8  # bytes of a float64
ALIGNMENT = 32  # bytes of a vector of four
FLOATS = types.Array(types.float64, 1, "C")


def _scratch(typingctx: Any, count: Any) -> Any:
    if not isinstance(count, types.IntegerLiteral):
        return None
    n = count.literal_value

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        with builder.goto_entry_block():
            room = builder.alloca(ir.ArrayType(ir.DoubleType(), n))
        room.align = ALIGNMENT
        array = context.make_array(FLOATS)(context, builder)
        words = [context.get_constant(types.intp, value) for value in (n, SIZE)]
        data = builder.bitcast(room, ir.DoubleType().as_pointer())
        context.populate_array(
            array, data=data, shape=words[:1], strides=words[1:], itemsize=words[1], meminfo=None, parent=None
        )
        return array._getvalue()

    return FLOATS(count), codegen


# (n): an uninitialised array of `n` float64, a constant, that lives as long as the call of the kernel
scratch: Any = intrinsic(prefer_literal=True)(_scratch)
