"""`alphapulse warmup`: compile the engine ahead of time."""

from __future__ import annotations

import time

import typer

from worker.cli.common import Json
from worker.cli.output import print_json


def warmup(json: Json = False) -> None:
    """Compile the engine's kernels into the cache, so that workers start without compiling."""
    typer.echo("compiling the engine (once per version and CPU, about a minute) ...", err=json)
    begun = time.perf_counter()
    from worker.backtest.sweeping import deciding
    from worker.cli.compiling import VARIABLE, without_blas
    from worker.engine.kernel import CACHE
    from worker.engine.output.encoding import DecisionEncoder
    from worker.engine.pipeline import params
    from worker.engine.settings import EngineSettings
    from worker.models.serving import circuit
    from worker.settings import Settings
    from worker.strategy.running import observing
    from worker.stream.decisions import DecisionJob

    without_blas()
    DecisionJob(EngineSettings(), Settings()).warm_up()
    DecisionEncoder(EngineSettings()).warm_up()
    circuit.warm_up()
    observing.warm_up()
    deciding.warm_up(params(EngineSettings()))
    seconds = time.perf_counter() - begun
    if json:
        print_json({"cache": CACHE.folder and str(CACHE.folder), "seconds": round(seconds, 3)})
    else:
        typer.echo(f"engine ready after {seconds:.1f} s; kernels in {CACHE.folder or 'memory only'}")
    if CACHE.refused:
        typer.echo(f"{CACHE.refused}; set {VARIABLE} to a writable folder", err=True)
