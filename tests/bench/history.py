"""The source tree of a commit, beside the one that is worked on."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from worker.paths import cache_dir

FOLDERS = ("worker", "schemas", "tests")


class NotThere(Exception):
    """The history does not hold the commit."""


def tree_of(commit: str, repository: Path) -> Path:
    """A folder with the commit's sources, the same one each time: compiled kernels are kept by path and time.

    Raises:
        NotThere: git or the commit is not there, as in a shallow clone.
    """
    home = cache_dir() / "bench" / f"baseline-{commit[:12]}"
    if home.is_dir():
        return home
    packed = _git(repository, "archive", "--format=tar", commit, *FOLDERS)
    home.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as files:  # the files get the time of the commit
            files.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.2 has none
            files.extractall(made)
        made.rename(home)
    except BaseException:
        shutil.rmtree(made)
        raise
    return home


def head_of(repository: Path) -> str:
    """The commit that is worked on.

    Raises:
        NotThere: it has no history, or is not what lies there.
    """
    if _git(repository, "status", "--porcelain", "--untracked-files=no", "--", *FOLDERS).strip():
        raise NotThere("there are changes that no commit holds")
    return _git(repository, "rev-parse", "HEAD").decode().strip()


def _git(repository: Path, *arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True).stdout
    except OSError as error:
        raise NotThere(f"git cannot be run ({error.strerror})") from None
    except subprocess.CalledProcessError as error:
        raise NotThere(error.stderr.decode(errors="replace").strip()) from None
