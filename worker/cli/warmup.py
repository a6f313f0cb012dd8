"""`alphapulse warmup`: compile the engine ahead of time."""

from __future__ import annotations

import time

import typer

from worker.cli.common import Json
from worker.cli.output import print_json


def warmup(json: Json = False) -> None:
    """Compile the engine's kernels into the cache, so that workers start without compiling."""
    typer.echo("loading the engine; once per version and kind of CPU it is compiled, up to a minute ...", err=json)
    begun = time.perf_counter()
    from worker.cli.compiling import VARIABLE, compiled_ahead
    from worker.engine.compiled.blas import without_blas
    from worker.engine.compiled.cache import TARGET
    from worker.engine.kernel import CACHE

    without_blas()
    with compiled_ahead() as count:
        from worker.kernels.parts import everything

        everything()
    seconds = time.perf_counter() - begun
    if json:
        print_json(
            {
                "cache": CACHE.folder and str(CACHE.folder),
                "target": TARGET.name,
                "compiled": count.total,
                "late": count.late,
                "seconds": round(seconds, 3),
            }
        )
    else:
        typer.echo(
            f"engine ready after {seconds:.1f} s; {count.total} kernels compiled for {TARGET.name}, "
            f"in {CACHE.folder or 'memory only'}"
        )
    if CACHE.refused:
        typer.echo(f"{CACHE.refused}; set {VARIABLE} to a writable folder", err=True)
