"""The processor's hint that a line of memory will be needed soon."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

LINE = 64  # bytes of a cache line
_BYTE, _HINT = ir.IntType(8), ir.IntType(32)
_KEEP, _DATA = 3, 1


def prefetch(builder: Any, place: Any, *, write: bool) -> None:
    """Emit it for the line of a byte pointer, for reading or also for writing."""
    kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), *[_HINT] * 3])
    hint = builder.module.declare_intrinsic("llvm.prefetch", [_BYTE.as_pointer()], kind)
    builder.call(hint, [place, *(ir.Constant(_HINT, value) for value in (int(write), _KEEP, _DATA))])
