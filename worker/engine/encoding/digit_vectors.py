"""Decimal digits of several counts at once, in a vector."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

COUNTS = 4
BITS = 64 * COUNTS
# Bits of an item, and factor and shift that split it by a divisor, as in `digits.digits_of_eight`.
STEPS = ((64, 109951163, 40, 10**4), (32, 10486, 20, 100), (16, 103, 10, 10))


def _constant(kind: Any, value: int) -> Any:
    return ir.Constant(kind, [value] * kind.count)


def _split(builder: Any, counts: Any, step: tuple[int, int, int, int]) -> Any:
    """Items that are counts below `divisor` squared, each as two of half the size: first quotient, then rest."""
    bits, factor, shift, divisor = step
    kind = ir.VectorType(ir.IntType(bits), BITS // bits)
    items = builder.bitcast(counts, kind)
    if bits == 64:
        items = builder.and_(items, _constant(kind, 2**32 - 1))  # tells the compiler that short products will do
    high = builder.lshr(builder.mul(items, _constant(kind, factor)), _constant(kind, shift))
    low = builder.sub(items, builder.mul(high, _constant(kind, divisor)))
    return builder.or_(high, builder.shl(low, _constant(kind, bits // 2)))


def _to_digits(typingctx: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.VectorType(ir.IntType(64), COUNTS)
        place = builder.inttoptr(args[0], kind.as_pointer())
        items = builder.load(place, align=8)
        for step in STEPS:
            items = _split(builder, items, step)
        builder.store(builder.bitcast(items, kind), place, align=8)
        return context.get_dummy_value()

    return types.void(types.int64), codegen


# (address of 4 uint64 below 10^8): each becomes its 8 digits, one a byte, the first one lowest, without the text's 0x30
to_digits: Any = intrinsic(_to_digits)
