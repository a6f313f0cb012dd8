"""Arrays made from addresses inside kernels.

Addresses are not checked: the caller must know that the items exist, and keep their array alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype

_WORD = ir.IntType(64)


def array_at(dtype: np.dtype[Any], *inner: int) -> Any:
    """Return what kernels call with an address and a count, for an array of `dtype`, shape (count, *inner).

    Without a reference count: `numba.carray` would need one.
    """
    kind = types.Array(from_dtype(dtype), 1 + len(inner), "C")
    strides = [int(np.prod(inner[at:], dtype=np.int64)) * dtype.itemsize for at in range(len(inner) + 1)]

    def make(typingctx: Any, address: Any, count: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            made = context.make_array(kind)(context, builder)
            populate_array(
                made,
                data=builder.inttoptr(args[0], made.data.type),
                shape=[args[1], *(ir.Constant(_WORD, size) for size in inner)],
                strides=[ir.Constant(_WORD, stride) for stride in strides],
                itemsize=ir.Constant(_WORD, dtype.itemsize),
                meminfo=None,
            )
            return made._getvalue()

        return kind(types.int64, types.int64), codegen

    return intrinsic(make)
