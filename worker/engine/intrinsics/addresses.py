"""Memory access by address: a call passes an array as ten words on the stack, a record or an address as one.

Addresses are not checked: the caller must know that the bytes exist, and keep their array alive.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from worker.engine.elementary.words import address_of
from worker.engine.intrinsics.memory import prefetch

__all__ = [
    "BLOCK", "address_of", "copy_block", "fetch", "i1_at", "i2_at", "i4_at", "i8_at", "put_byte", "put_i8",
    "put_word", "u1_at", "u4_at", "u8_at",
]  # fmt: skip

BLOCK = 32  # bytes
_BYTE, _WORD, _ADDRESS = ir.IntType(8), ir.IntType(64), types.int64


def _place(builder: Any, address: Any, offset: Any, of: Any) -> Any:
    # An offset from a pointer, not a sum of integers, shows the compiler how places in a loop relate.
    start = builder.inttoptr(address, _BYTE.as_pointer())
    return builder.bitcast(builder.gep(start, [offset]), of.as_pointer())


def _load(bits: int, signed: bool, result: Any) -> Any:
    def load(typingctx: Any, address: Any, offset: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            found = builder.load(_place(builder, args[0], args[1], ir.IntType(bits)), align=1)
            if bits == _WORD.width:
                return found
            return builder.sext(found, _WORD) if signed else builder.zext(found, _WORD)

        return result(_ADDRESS, _ADDRESS), codegen

    return intrinsic(load)


def _store(bits: int, kind: Any) -> Any:
    def store(typingctx: Any, address: Any, offset: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            narrow = args[2] if bits == _WORD.width else builder.trunc(args[2], ir.IntType(bits))
            builder.store(narrow, _place(builder, args[0], args[1], ir.IntType(bits)), align=1)
            return context.get_dummy_value()

        return types.void(_ADDRESS, _ADDRESS, kind), codegen

    return intrinsic(store)


def _copy_block(typingctx: Any, to: Any, source: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = ir.VectorType(_BYTE, BLOCK)
        goal, found = (builder.inttoptr(address, block.as_pointer()) for address in args)
        builder.store(builder.load(found, align=1), goal, align=1)
        return context.get_dummy_value()

    return types.void(_ADDRESS, _ADDRESS), codegen


def _fetch(typingctx: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        prefetch(builder, builder.inttoptr(args[0], _BYTE.as_pointer()), write=False)
        return context.get_dummy_value()

    return types.void(_ADDRESS), codegen


# Each takes an address and an offset from it in bytes; alignment does not matter.
i8_at, i4_at, i2_at, i1_at = (
    _load(bits, True, types.int64) for bits in (64, 32, 16, 8)
)  # integers of so many bytes, as int64
u4_at, u1_at = (_load(bits, False, types.int64) for bits in (32, 8))
u8_at: Any = _load(64, False, types.uint64)  # 8 bytes as a uint64, the first byte lowest
put_byte, put_i8 = (_store(bits, types.int64) for bits in (8, 64))  # (address, offset, int64): store its lowest bytes
put_word: Any = _store(64, types.uint64)  # (address, offset, uint64): store its 8 bytes, the lowest first

copy_block: Any = intrinsic(_copy_block)  # (to, from): copy 32 bytes
fetch: Any = intrinsic(_fetch)  # (address): prefetch its cache line
