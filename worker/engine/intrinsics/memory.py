"""Unchecked access to pieces of an array larger than one item: callers leave room after the part they use."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LINE = 64  # bytes of a cache line
_BYTE, _WORD, _HINT = ir.IntType(8), ir.IntType(64), ir.IntType(32)
_KEEP, _DATA = 3, 1


def _bytes(kind: Any) -> bool:
    return isinstance(kind, types.Array) and kind.dtype == types.uint8


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any, of: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), of.as_pointer())


def prefetch(builder: Any, place: Any, *, write: bool) -> None:
    """Emit a prefetch of the cache line of a byte pointer, for reading or also for writing."""
    kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), *[_HINT] * 3])
    hint = builder.module.declare_intrinsic("llvm.prefetch", [_BYTE.as_pointer()], kind)
    builder.call(hint, [place, *(ir.Constant(_HINT, value) for value in (int(write), _KEEP, _DATA))])


def _load_word(typingctx: Any, source: Any, at: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, signature.args[0], args[0], args[1], _WORD), align=1)

    return (types.uint64(source, types.int64), codegen) if _bytes(source) else None


def _move_items(typingctx: Any, array: Any, to: Any, start: Any, count: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        found, goal = (builder.bitcast(builder.gep(data, [at]), _BYTE.as_pointer()) for at in (args[2], args[1]))
        move = builder.module.declare_intrinsic("llvm.memmove", [_BYTE.as_pointer()] * 2 + [_WORD])
        size = builder.mul(args[3], context.get_constant(types.int64, signature.args[0].dtype.bitwidth // 8))
        builder.call(move, [goal, found, size, ir.Constant(ir.IntType(1), 0)])
        return context.get_dummy_value()

    known = isinstance(array, types.Array) and isinstance(array.dtype, types.Float)
    return (types.void(array, types.int64, types.int64, types.int64), codegen) if known else None


def _start(context: Any, builder: Any, kind: Any, args: Any, stride: Any) -> Any:
    # Row args[1] of the array args[0].
    data = context.make_array(kind)(context, builder, args[0]).data
    return builder.gep(builder.bitcast(data, _BYTE.as_pointer()), [builder.mul(args[1], stride)])


def _fetch_row(typingctx: Any, rows: Any, row: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        stride = builder.extract_value(array.strides, 0)
        start = _start(context, builder, signature.args[0], args, stride)
        with cgutils.for_range_slice(builder, ir.Constant(_WORD, 0), stride, ir.Constant(_WORD, LINE)) as (at, _):
            prefetch(builder, builder.gep(start, [at]), write=False)
        return context.get_dummy_value()

    return (types.void(rows, types.int64), codegen) if isinstance(rows, types.Array) else None


def _fetch_to_write(typingctx: Any, rows: Any, row: Any, start: Any, stop: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        size = ir.Constant(_WORD, signature.args[0].dtype.size)
        row = _start(context, builder, signature.args[0], args, size)
        with cgutils.for_range_slice(builder, args[2], args[3], ir.Constant(_WORD, LINE)) as (at, _):
            prefetch(builder, builder.gep(row, [at]), write=True)
        return context.get_dummy_value()

    known = isinstance(rows, types.Array) and isinstance(rows.dtype, types.Record)
    return (types.void(rows, types.int64, types.int64, types.int64), codegen) if known else None


def _zeros(name: str) -> Any:
    def count(typingctx: Any, word: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(args[0], ir.Constant(ir.IntType(1), 0))

        return types.uint64(types.uint64), codegen

    return intrinsic(count)


load_word: Any = intrinsic(_load_word)  # (array, at): the uint64 of 8 bytes, the lowest first
fetch_row: Any = intrinsic(_fetch_row)  # (rows, row): prefetch a row of a contiguous array
fetch_to_write: Any = intrinsic(_fetch_to_write)  # (rows, row, start, stop): prefetch bytes of a row for writing
move_items: Any = intrinsic(_move_items)  # (floats, to, start, count): move items to a place that may overlap theirs
leading_zeros: Any = _zeros("ctlz")  # bits above the highest 1 of a uint64, 64 for 0
trailing_zeros: Any = _zeros("cttz")  # bits below the lowest 1 of a uint64, 64 for 0
