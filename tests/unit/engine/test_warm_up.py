"""What `warmup` compiles is all that a worker's batches need: else the first of them would wait for the compiler."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json
import sys

import numpy as np
from aiokafka import TopicPartition
from numba.core.dispatcher import Dispatcher

from tests.support.ticks import ticks
from worker.engine.compiled.blas import without_blas
from worker.engine.settings import EngineSettings
from worker.kafka.records.columns import raw_of
from worker.settings import Settings
from worker.stream.decisions import DecisionJob
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.telemetry.metrics import METRICS


class Row:
    def __init__(self, offset, record):
        self.offset, self.timestamp = offset, 1_700_000_000_000 + offset
        self.key, self.value, self.headers = record.key, record.value, ()


def compiled():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("worker."):
            for kernel in vars(module).values():
                if isinstance(kernel, Dispatcher):
                    function = kernel.py_func
                    types = [str(signature) for signature in kernel.signatures]
                    found[function.__module__ + "." + function.__qualname__] = types
    return found


without_blas()
job = DecisionJob(EngineSettings(), Settings())
job.warm_up()
before = compiled()
tp = TopicPartition("ticks", 0)
engine, publisher = job.engine(), job.publisher(tp, 1_000_000)
rows = [Row(offset, record) for offset, record in enumerate(ticks(400, 7, 3))]
for start, stop in ((0, 1), (1, 3), (3, 100), (100, 400)):
    raw = raw_of(rows[start:stop])
    results = engine.step_raw(raw)
    list(publisher.outputs(raw, results))
for results in job.step([job.engine(), job.engine()], [raw_of(rows[:3]), raw_of(rows[3:9])]):
    assert not isinstance(results, Exception), results
    METRICS.count_rows(0, results[1])
dirty = DirtySymbols(Limits(1, 1))
dirty.note(engine.touched, np.arange(len(engine.touched)))
dirty.saved(dirty.due(len(engine.touched)))
dirty.oldest(0, np.zeros(0, np.int64))
engine.advance_raw(raw_of(rows[:5]))
engine.warm_again_raw(raw_of(rows[:5]))
again = job.engine()
for slot in range(engine.known):
    state = engine.export(slot)
    again.load(engine.symbols.key(slot), state.carry, state.derived)
new = {name: types for name, types in compiled().items() if types != before.get(name, types)}
blas = "scipy.linalg" in sys.modules
import scipy.linalg.cython_blas
print(json.dumps({"kernels": len(before), "symbols": engine.known, "new": new, "blas": blas}))
"""


def test_batches_of_any_size_need_no_kernel_that_the_warm_up_has_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kernels"] > 50
    assert told["symbols"] == 7
    assert told["new"] == {}
    assert not told["blas"], "scipy was loaded for what no kernel uses"
