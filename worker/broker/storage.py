"""A broker's data folder: private to its owner, formatted once."""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from worker.broker import java
from worker.broker.lock import PINNED, Release
from worker.errors import CannotCreate, ConfigError

CLUSTER_FILE = "cluster.json"  # in the folder of a cluster's nodes: its id and their number
_FORMAT_TIMEOUT_S = 60


def brokers_in(home: Path) -> int:
    """Return the number of brokers that the folder was made for; 0 for a new folder.

    Raises:
        CannotCreate: the folder's note of it can't be read.
    """
    note = home / CLUSTER_FILE
    try:
        return int(json.loads(note.read_text(encoding="utf-8"))["brokers"])
    except FileNotFoundError:
        return 1 if (home / "data").exists() else 0
    except (ValueError, KeyError, TypeError) as error:
        raise CannotCreate(f"{note} can't be read ({error})", f"Delete {home} to start with an empty broker") from error


def prepare(home: Path, brokers: int = 1) -> None:
    """Create the folder, or use an existing one, with mode 0700.

    Raises:
        CannotCreate: the folder can't be used.
        ConfigError: it holds the data of another number of brokers.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise CannotCreate(
            f"the broker's folder {home} can't be used ({error.strerror})", "Choose another folder"
        ) from error
    made_for = brokers_in(home)
    if made_for not in (0, brokers):
        raise ConfigError(
            f"{home} holds the data of {_counted(made_for)}, not of {_counted(brokers)}",
            f"Start {_counted(made_for)} there (--brokers {made_for}), or delete the folder to start without data",
        )


def _counted(brokers: int) -> str:
    return f"{brokers} broker{'s' if brokers > 1 else ''}"


def is_formatted(data: Path) -> bool:
    """Return whether the folder is completely formatted: `bootstrap.checkpoint` is the last file written."""
    return (data / "meta.properties").exists() and (data / "bootstrap.checkpoint").exists()


def format_storage(
    server: Path,
    log: Path,
    scram_users: Mapping[str, str],
    features: Mapping[str, int] | None = None,
    cluster: str | None = None,
    release: Release = PINNED,
) -> None:
    """Format the data folder named in the properties file `server`, for the cluster id `cluster` or a new one.

    SCRAM-SHA-512 users are name → password; `features` of the cluster are name → level, by default the newest.
    """
    # As one argument, since an id may begin with a dash.
    words = ["--config", str(server), f"--cluster-id={cluster or new_cluster_id()}", "--ignore-formatted"]
    for name, level in (features or {}).items():
        words += ["--feature", f"{name}={level}"]
    if not scram_users:
        _run(_command(release, log, *words))
        return
    for name, password in scram_users.items():
        words += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
    arguments = server.with_name("format.args")
    arguments.unlink(missing_ok=True)
    arguments.touch(mode=0o600)  # passwords go through a file, since command lines are public
    arguments.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    try:
        _run(_command(release, log, f"@{arguments}"))
    finally:
        arguments.unlink()


def _command(release: Release, log: Path, *arguments: str) -> list[str]:
    return java.command("kafka.tools.StorageTool", "format", *arguments, heap="256m", log=log, release=release)


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # it prints the users' stored keys
        stderr=subprocess.PIPE,
        text=True,
        env=java.environment(),
        timeout=_FORMAT_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("\t")]
        reason = said[-1].rpartition("Exception: ")[2].rstrip(".") if said else "no reason given"
        raise CannotCreate(f"the broker's storage could not be formatted: {reason}", "Correct the broker's settings")


def new_cluster_id() -> str:
    """Return a random id in Kafka's form."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
