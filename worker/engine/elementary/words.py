"""Memory and 64-bit words for kernels that read text eight bytes at a time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WORD, WIDE = ir.IntType(64), ir.IntType(128)


def _loader(bits: int) -> Any:
    def load(typingctx: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = builder.inttoptr(args[0], ir.IntType(bits).as_pointer())
            read = builder.load(place, align=1)
            return read if bits == WORD.width else builder.zext(read, WORD)

        result = types.uint64 if bits == WORD.width else types.int64
        return (result(types.int64), codegen) if address == types.int64 else None

    return load


def _address_of(typingctx: Any, values: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.ptrtoint(array.data, WORD)

    return types.int64(values), codegen


def _trailing_zeros(typingctx: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return (types.int64(types.uint64), codegen) if word == types.uint64 else None


def _leading_zeros(typingctx: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return (types.int64(types.uint64), codegen) if word == types.uint64 else None


def _product_high(typingctx: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = builder.mul(builder.zext(args[0], WIDE), builder.zext(args[1], WIDE))
        return builder.trunc(builder.lshr(wide, ir.Constant(WIDE, WORD.width)), WORD)

    known = a == types.uint64 and b == types.uint64
    return (types.uint64(types.uint64, types.uint64), codegen) if known else None


# Addresses are not checked: the caller must know that the bytes exist.
byte_at: Any = intrinsic(_loader(8))  # the byte at an address, as int64
word_at: Any = intrinsic(_loader(64))  # the 8 bytes at an address as uint64, the first byte lowest
address_of: Any = intrinsic(_address_of)  # of an array's first item, as int64
trailing_zeros: Any = intrinsic(_trailing_zeros)  # of a uint64, as int64; 64 for 0
leading_zeros: Any = intrinsic(_leading_zeros)
product_high: Any = intrinsic(_product_high)  # the upper half of the product of two uint64
