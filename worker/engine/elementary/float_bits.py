"""Bit patterns of float64 values: reading and building."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from worker.engine.kernel import embedded

MANTISSA_BITS = 52
BIAS = 1023


def _bits_of(typingctx: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return (types.int64(types.float64), codegen) if value == types.float64 else None


def _from_bits(typingctx: Any, pattern: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return (types.float64(types.int64), codegen) if pattern == types.int64 else None


bits_of: Any = intrinsic(_bits_of)  # the IEEE 754 pattern of a float64, as int64
from_bits: Any = intrinsic(_from_bits)  # the float64 with this int64 pattern


@embedded
def power_of_two(n: int) -> float:
    """Return 2**n for -1022 <= n <= 1023, exact."""
    value: float = from_bits((n + BIAS) << MANTISSA_BITS)
    return value
