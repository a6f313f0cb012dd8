"""Kafka's jars on this machine: checked against the lock file, downloaded once, never half there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from worker.broker.lock import PINNED, Jar, Release, lock_digest, pinned, sha256_of
from worker.broker.progress import Progress, reporter
from worker.errors import BrokerUnavailable, ConfigError
from worker.paths import cache_dir

PRELOADED = "ALPHAPULSE_BROKER_JARS"
_PARALLEL_DOWNLOADS = 6
_WAYS_OUT = (
    "use your own cluster (ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS=host:9092), "
    "a container (alphapulse broker start --docker), "
    f"or a folder with the jars copied from another machine ({PRELOADED}=/path)"
)


def class_path(release: Release = PINNED) -> str:
    """The verified jars of a release as a Java class path, downloading them first where needed.

    Raises BrokerUnavailable when they can't be fetched, ConfigError when a jar is missing or not the pinned one.
    """
    folder = jar_folder(release)
    return os.pathsep.join(str(folder / jar.name) for jar in pinned(release))


def jar_folder(release: Release = PINNED) -> Path:
    """The folder that holds exactly the pinned jars of a release, each verified by its sha256."""
    if release is PINNED and (preloaded := os.environ.get(PRELOADED)):
        return _verified(release, Path(preloaded).expanduser(), f"copy the jars of Kafka {release.version} again")
    folder = cache_dir() / f"kafka-{release.version}-{lock_digest(release)}"
    if not folder.is_dir():
        with _exclusive(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                _download(release, folder)
    return _verified(release, folder, f"delete {folder} and start again to download it anew")


def _verified(release: Release, folder: Path, fix: str) -> Path:
    # The digests are read every time (0.1 s): the folder is writable and what it holds is executed.
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
        verdicts = pool.map(lambda jar: _verdict(folder / jar.name, jar), pinned(release))
        wrong = [f"{jar.name} is {verdict}" for jar, verdict in zip(pinned(release), verdicts, strict=True) if verdict]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise ConfigError(f"The Kafka jars in {folder} can't be trusted: {wrong[0]}{more}", fix)
    return folder


def _verdict(path: Path, jar: Jar) -> str:
    if not path.is_file():
        return "missing"
    return "" if sha256_of(path) == jar.sha256 else "not the pinned file (wrong sha256)"


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # freed by the kernel even when the holder is killed
        yield


def _download(release: Release, folder: Path) -> None:
    """Fill `folder` in one rename. Only the lock's holder gets here, so the staging folder has one writer."""
    staging = folder.with_name(f"{folder.name}.part")
    staging.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in pinned(release) if _verdict(staging / jar.name, jar)]
    repository = staging / "repository"
    shutil.rmtree(repository, ignore_errors=True)
    with (
        reporter(f"Kafka {release.version}", sum(jar.size for jar in missing)) as progress,
        ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool,
    ):
        for _ in pool.map(lambda jar: _fetch(jar, repository, staging, progress), missing):
            pass
    shutil.rmtree(repository)
    os.replace(staging, folder)


def _fetch(jar: Jar, repository: Path, staging: Path, progress: Progress) -> None:
    try:
        from jgo.maven import MavenContext, PythonResolver
    except ImportError:
        raise ConfigError("The local broker is not installed", "pip install 'alphapulse-worker[embedded]'") from None
    context = MavenContext(PythonResolver(progress_callback=progress.of_file), repo_cache=repository)
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    try:
        path = component.artifact().resolve()
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
        raise BrokerUnavailable(f"{jar.name} could not be downloaded ({type(error).__name__})", _WAYS_OUT) from error
    if sha256_of(path) != jar.sha256:
        raise ConfigError(
            f"{jar.name} was downloaded but is not the pinned file (wrong sha256)",
            f"check the proxy or mirror between you and the Maven repository, or {_WAYS_OUT}",
        )
    os.replace(path, staging / jar.name)
