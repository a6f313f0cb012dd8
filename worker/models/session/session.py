"""Sessions: graphs run on one thread, the same way on every machine."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from worker.models.errors import ModelRefused, OutOfMemory, TimedOut
from worker.models.session.runtime import onnxruntime

Floats32 = NDArray[np.float32]
_SILENT = 4  # log level: this package reports failures itself
_NO_MEMORY = ("bad_alloc", "failed to allocate", "out of memory")


class Session(Protocol):
    """A function from rows of features to rows of outputs."""

    def run(self, rows: Floats32) -> Floats32:
        """Map (n, features) to (n, columns). May raise anything; `TimedOut` after the time limit."""
        ...


class OnnxSession:
    """A graph in ONNX Runtime; `timeout_s` bounds one call, None = no bound, the mode that can be replayed."""

    def __init__(self, content: bytes, input_name: str, output_name: str, timeout_s: float | None = None) -> None:
        runtime = onnxruntime()
        self._runtime, self._input, self._outputs, self._timeout = runtime, input_name, [output_name], timeout_s
        try:
            self._session = runtime.InferenceSession(content, _options(runtime), providers=["CPUExecutionProvider"])
        except Exception as problem:  # the runtime's errors have no common base
            raise_for_environment(problem)
            raise ModelRefused(f"the runtime refuses model.onnx: {_line(problem)}", "Export it again") from None

    def run(self, rows: Floats32) -> Floats32:
        """Map (n, features) to (n, columns).

        Raises:
            TimedOut: it took longer than the bound.
            OutOfMemory: the machine has no memory left.
        """
        if self._timeout is None:
            return self._run(rows, None)
        bound = self._runtime.RunOptions()
        bound.log_severity_level = _SILENT
        timer = threading.Timer(self._timeout, setattr, (bound, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return self._run(rows, bound)
        except Exception:
            if bound.terminate:
                raise TimedOut from None
            raise
        finally:
            timer.cancel()

    def _run(self, rows: Floats32, bound: Any) -> Floats32:
        try:
            [found] = self._session.run(self._outputs, {self._input: rows}, bound)
        except Exception as problem:
            raise_for_environment(problem)
            raise
        return np.asarray(found, np.float32)


def raise_for_environment(problem: BaseException) -> None:
    """Raise `OutOfMemory` where the machine failed, not the model."""
    text = str(problem).lower()
    if isinstance(problem, MemoryError) or any(words in text for words in _NO_MEMORY):
        raise OutOfMemory("the model ran out of memory", "Give the worker more memory, or fewer symbols") from problem


def _options(runtime: Any) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    # Beyond this level the runtime rewrites the graph for the local machine.
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.use_deterministic_compute = True
    options.enable_mem_pattern = False  # pays for one shape only; batches have any
    options.log_severity_level = _SILENT
    return options


def _line(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:300]
