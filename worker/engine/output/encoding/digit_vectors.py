"""Decimal digits of several counts at once, in a vector."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

COUNTS = 4
BITS = 64 * COUNTS
# Bits of an item, then factor and shift that split it by a divisor, as in `digits.digits_of_eight`; pairs by the upper
# half of a 16-bit product, as n·5243 >> 19 is n // 100 below 10^4 too.
HALVES, PAIRS, UNITS = (64, 109951163, 40, 10**4), (16, 5243, 3, 100), (16, 103, 10, 10)


def _constant(kind: Any, value: int) -> Any:
    return ir.Constant(kind, [value] * kind.count)


def _vector(bits: int) -> Any:
    return ir.VectorType(ir.IntType(bits), BITS // bits)


def _upper(builder: Any, items: Any, factor: int) -> Any:
    """Emit the upper half of the product of 16 bits and a factor."""
    wide = ir.VectorType(ir.IntType(32), items.type.count)
    product = builder.mul(builder.zext(items, wide), _constant(wide, factor))
    return builder.trunc(builder.lshr(product, _constant(wide, 16)), items.type)


def _split(builder: Any, counts: Any, step: tuple[int, int, int, int], to: int) -> Any:
    """Split items, counts below `divisor` squared, into two items each, `to` bits apart: quotient, then remainder."""
    bits, factor, shift, divisor = step
    kind = _vector(bits)
    items = builder.bitcast(counts, kind)
    if step is HALVES:
        items = builder.and_(items, _constant(kind, 2**32 - 1))  # tells the compiler that short products suffice
    product = _upper(builder, items, factor) if step is PAIRS else builder.mul(items, _constant(kind, factor))
    high = builder.lshr(product, _constant(kind, shift))
    low = builder.sub(items, builder.mul(high, _constant(kind, divisor)))
    goal = _vector(2 * to)
    return builder.or_(builder.bitcast(high, goal), builder.shl(builder.bitcast(low, goal), _constant(goal, to)))


def _to_digits(typingctx: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.VectorType(ir.IntType(64), COUNTS)
        place = builder.inttoptr(args[0], kind.as_pointer())
        items = builder.load(place, align=8)
        for step, apart in ((HALVES, 32), (PAIRS, 16), (UNITS, 8)):
            items = _split(builder, items, step, apart)
        builder.store(builder.bitcast(items, kind), place, align=8)
        return context.get_dummy_value()

    return types.void(types.int64), codegen


# (address of 4 uint64 below 10^8): each becomes its 8 digits, one per byte, the first lowest, without the text's 0x30
to_digits: Any = intrinsic(_to_digits)
