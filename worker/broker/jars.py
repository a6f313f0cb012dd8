"""Kafka's jars on this machine: verified against the lock file, and downloaded once, all or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from worker.broker.lock import PINNED, Jar, Release, lock_digest, pinned, sha256_of
from worker.broker.progress import Progress, reporter
from worker.errors import BrokerUnavailable, ConfigError
from worker.extras import install
from worker.files import created
from worker.paths import cache_dir

PRELOADED = "ALPHAPULSE_BROKER_JARS"
REPOSITORY = "ALPHAPULSE_BROKER_REPOSITORY"
_PARALLEL_DOWNLOADS = 6
_WAYS_OUT = (
    "use your own cluster (ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS=host:9092), "
    "a container (alphapulse broker start --docker), "
    f"a mirror of Maven Central ({REPOSITORY}=https://...), "
    f"or a folder with the jars copied from another machine ({PRELOADED}=/path)"
)
_CERTIFICATE = (
    "Name your proxy's certificate authority (REQUESTS_CA_BUNDLE=/path/ca.pem), or a mirror that you trust "
    f"({REPOSITORY}=https://...)"
)


def class_path(release: Release = PINNED) -> str:
    """Return the verified jars of a release as a Java class path; download them first if needed.

    Raises BrokerUnavailable when they can't be fetched, ConfigError when a jar is missing or not the pinned one,
    CannotCreate when the cache directory can't be written.
    """
    folder = jar_folder(release)
    return os.pathsep.join(str(folder / jar.name) for jar in pinned(release))


def jar_folder(release: Release = PINNED) -> Path:
    """Return the folder with the pinned jars of a release, each verified by its sha256."""
    if release is PINNED and (preloaded := os.environ.get(PRELOADED)):
        return _verified(release, Path(preloaded).expanduser(), f"Copy the jars of Kafka {release.version} again")
    folder = downloaded(release)
    if not folder.is_dir():
        elsewhere = f"Set ALPHAPULSE_CACHE_DIR to a writable folder, or {PRELOADED} to one with the jars"
        with created(folder, elsewhere), _exclusive(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                _download(release, folder)
    return _verified(release, folder, f"Delete {folder}, then start again to download it")


def downloaded(release: Release = PINNED) -> Path:
    """Return the folder of a download, which need not exist yet."""
    return cache_dir() / f"kafka-{release.version}-{lock_digest(release)}"


def download_mb(jars: Iterable[Jar]) -> str:
    """Return the size of a download in the form of all messages."""
    return f"{sum(jar.size for jar in jars) / 1e6:.0f} MB"


def wrong_in(folder: Path, release: Release = PINNED) -> list[str]:
    """Return a finding per missing or unpinned jar in a folder; empty if all are right."""
    # Verify every time (0.1 s): the folder is writable, and its jars are executed.
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
        verdicts = pool.map(lambda jar: _verdict(folder / jar.name, jar), pinned(release))
        return [f"{jar.name} is {verdict}" for jar, verdict in zip(pinned(release), verdicts, strict=True) if verdict]


def _verified(release: Release, folder: Path, fix: str) -> Path:
    if wrong := wrong_in(folder, release):
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise ConfigError(f"the Kafka jars in {folder} can't be trusted: {wrong[0]}{more}", fix)
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
        fcntl.flock(file, fcntl.LOCK_EX)  # the kernel releases it even if the holder is killed
        yield


def _download(release: Release, folder: Path) -> None:
    """Create `folder` by one rename; the caller holds the lock, so the staging folder has one writer."""
    staging = folder.with_name(f"{folder.name}.part")
    staging.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in pinned(release) if _verdict(staging / jar.name, jar)]
    repository = staging / "repository"
    shutil.rmtree(repository, ignore_errors=True)
    with (
        reporter(f"Kafka {release.version}", sum(jar.size for jar in missing), download_mb(missing)) as progress,
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
        raise ConfigError("the local broker is not installed", install("embedded")) from None
    mirror = os.environ.get(REPOSITORY)
    context = MavenContext(
        PythonResolver(progress_callback=progress.of_file),
        repo_cache=repository,
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
    )
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    try:
        path = component.artifact().resolve()
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the local disk, not of the network
        raise _not_downloaded(jar, mirror, error) from None
    if sha256_of(path) != jar.sha256:
        raise ConfigError(
            f"{jar.name} was downloaded but is not the pinned file (wrong sha256)",
            f"Check the proxy or mirror between you and the Maven repository, or {_WAYS_OUT}",
        )
    os.replace(path, staging / jar.name)


def _not_downloaded(jar: Jar, mirror: str | None, error: Exception) -> BrokerUnavailable:
    """Explain in one sentence why a jar can't be downloaded; requests wraps the cause several times."""
    from requests import exceptions

    place = f"from {mirror}" if mirror else "from Maven Central"
    match error:
        case exceptions.SSLError():
            cause, fix = "its certificate is not trusted", _CERTIFICATE
        case exceptions.ProxyError():
            cause, fix = "the proxy does not let it through", f"Check HTTPS_PROXY, or {_WAYS_OUT}"
        case exceptions.Timeout():
            cause, fix = "no answer in time", _WAYS_OUT
        case exceptions.ConnectionError():
            cause, fix = "no connection", _WAYS_OUT
        case RuntimeError():
            cause, fix = "it does not have the file", _WAYS_OUT
        case _:
            cause, fix = type(error).__name__, _WAYS_OUT
    size = download_mb(pinned())
    return BrokerUnavailable(f"Kafka ({size}) could not be downloaded {place}: {jar.name}: {cause}", fix)
