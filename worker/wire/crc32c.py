"""CRC-32C of record batches by the processor's CRC instruction, over three streams at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from worker.engine.compiled.cache import TARGET
from worker.engine.intrinsics.memory import load_word
from worker.engine.kernel import kernel
from worker.wire.scan import ATTRIBUTES

POLYNOMIAL = 0x82F63B78  # Castagnoli's polynomial, lowest bit first
STREAM = 2048  # bytes per stream; the instruction has a latency of three cycles, so three streams keep it busy
ONES, BYTE, EIGHT = np.uint64(0xFFFFFFFF), np.uint64(0xFF), np.uint64(8)
SHIFTS = np.arange(4, dtype=np.uint64) * EIGHT


def available() -> bool:
    """Return whether the CPU that kernels are compiled for has the instruction: it came to x86 with SSE 4.2."""
    return "sse4.2" in TARGET.needs or "+sse4.2" in TARGET.features.split(",")


def _next_crc(typingctx: Any, crc: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [ir.IntType(64), ir.IntType(64)])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse42.crc32.64.64"), args)

    return types.uint64(types.uint64, types.uint64), codegen


_next: Any = intrinsic(_next_crc)


def _byte_step(state: int) -> int:
    for _ in range(8):
        state = state >> 1 ^ (POLYNOMIAL if state & 1 else 0)
    return state


def _applied(operator: list[int], state: int) -> int:
    result = 0
    for bit, column in enumerate(operator):
        result ^= column if state >> bit & 1 else 0
    return result


def _zeros(count: int) -> NDArray[np.uint64]:
    """Return the effect of `count` zero bytes (a power of two) on each byte of a state: shape (4, 256).

    The step is linear over bits: the square of its operator is the operator for twice as many bytes
    [Adler, crc32_combine].
    """
    operator = [_byte_step(1 << bit) for bit in range(32)]
    while count > 1:
        operator = [_applied(operator, column) for column in operator]
        count //= 2
    return np.array([[_applied(operator, byte << 8 * at) for byte in range(256)] for at in range(4)], np.uint64)


_SKIP = _zeros(STREAM)


@kernel
def _skipped(crc, table):  # type: ignore[no-untyped-def]
    """Return the state after `STREAM` more zero bytes."""
    result = np.uint64(0)
    for at in range(4):
        result ^= table[at, (crc >> SHIFTS[at]) & BYTE]
    return result


@kernel
def _rest(crc, data, at):  # type: ignore[no-untyped-def]
    for i in range(at, data.size):
        crc ^= np.uint64(data[i])
        for _ in range(8):
            crc = (crc >> np.uint64(1)) ^ (np.uint64(POLYNOMIAL) if crc & np.uint64(1) else np.uint64(0))
    return crc


@kernel
def _crc32c(data, start):  # type: ignore[no-untyped-def]
    crc, at = ONES, start
    while at + 3 * STREAM <= data.size:
        second = third = np.uint64(0)
        for i in range(at, at + STREAM, 8):
            crc = _next(crc, load_word(data, i))
            second = _next(second, load_word(data, i + STREAM))
            third = _next(third, load_word(data, i + 2 * STREAM))
        crc = _skipped(_skipped(crc, _SKIP) ^ second, _SKIP) ^ third
        at += 3 * STREAM
    while at + 8 <= data.size:
        crc = _next(crc, load_word(data, at))
        at += 8
    return _rest(crc, data, at) ^ ONES


@kernel
def all_right(data, batches):  # type: ignore[no-untyped-def]
    """Return whether each of `batches` (`scan.BATCH`) in `data` has the checksum that it says.

    Batches older than magic 2 are not looked at. It requires `available`.
    """
    for i in range(batches.size):
        batch = batches[i]
        if batch.magic >= 2 and np.int64(_crc32c(data[: batch.end], batch.start + ATTRIBUTES)) != batch.crc:
            return False
    return True


def crc32c(data: bytes | memoryview, start: int = 0) -> int:
    """Return the checksum of `data[start:]`; requires `available`."""
    array = np.frombuffer(data, np.uint8)
    array.flags.writeable = False  # else numba compiles the kernel again for writable arrays
    return int(_crc32c(array, start))
