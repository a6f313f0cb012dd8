"""What is compiled once serves every copy of the sources: another clone, another layer of an image, a new wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

from worker.engine import kernel
from worker.engine.compiled.cache import KernelFiles, keeping_in, without_annotation
from worker.engine.compiled.target import VARIABLE, fixed

OWN = {
    "worker/low.py": "from worker.engine.kernel import embedded\n\n\n@embedded\ndef more(x):\n    return x + 1.0\n",
    "worker/own.py": """
from worker.cli.compiling import announce
from worker.engine.kernel import kernel
from worker.low import more


@kernel
def first(x):
    return more(x) + 1.0


@kernel
def second(x):
    return more(x) + 2.0


announce()
print(first(1.0), second(1.0))
""",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources with two modules more, one of which calls the other's kernel."""
    root = tmp_path / "one"
    for package in ("worker", "schemas"):
        shutil.copytree(kernel.ROOT / package, root / package, ignore=shutil.ignore_patterns("finished", "vendor"))
    for name, text in OWN.items():
        (root / name).write_text(text)
    return root


def told(root: Path, cache: Path, wanted: str, **variables: str) -> str:
    """What is said on stderr when the kernels of a tree run in a process of their own."""
    given = os.environ | {"PYTHONPATH": str(root), "ALPHAPULSE_CACHE_DIR": str(cache)} | variables
    program = [sys.executable, "-c", "import worker.own"]
    done = subprocess.run(program, cwd=root, env=given, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == wanted
    return done.stderr


def test_compiling_is_told_once_and_a_copy_elsewhere_compiles_nothing(tree: Path, tmp_path: Path) -> None:
    cache, other = tmp_path / "cache", tmp_path / "another" / "place"
    said = told(tree, cache, "3.0 4.0\n")
    assert said.count("compiling the engine's kernels") == 1
    assert str(cache) in said
    other.parent.mkdir()
    tree.rename(other)
    for file in other.rglob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    assert told(other, cache, "3.0 4.0\n") == ""
    (other / "worker/low.py").write_text(OWN["worker/low.py"].replace("1.0", "2.0"))
    assert told(other, cache, "4.0 5.0\n").count("compiling the engine's kernels") == 1


def test_what_a_package_carries_is_run_wherever_it_lies_and_nothing_can_be_written(tree: Path, tmp_path: Path) -> None:
    cache, installed, forced = tmp_path / "cache", tmp_path / "site", {VARIABLE: fixed()[-1].name}
    assert told(tree, cache, "3.0 4.0\n", **forced).count("compiling the engine's kernels") == 1
    shutil.copytree(tree, installed)
    (made,) = (cache / "kernels").iterdir()
    assert made.name.endswith(f"-{forced[VARIABLE]}")
    shutil.move(made, installed / "worker/engine/compiled/finished" / made.name)
    nowhere, temporary = tmp_path / "file" / "cache", tmp_path / "temporary"
    nowhere.parent.touch()
    temporary.mkdir()
    assert told(installed, nowhere, "3.0 4.0\n", **forced, TMPDIR=str(temporary)) == ""
    assert told(tree, nowhere, "3.0 4.0\n", **forced, TMPDIR=str(temporary)) != ""


def test_numba_keeps_functions_of_others_where_it_would(tmp_path: Path) -> None:
    config: Any = numba.config
    before = config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES
    with keeping_in(tmp_path):
        assert str(tmp_path) == config.CACHE_DIR
    assert before == (config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES)
    assert not before[0].startswith(str(kernel.CACHE.folder))


def test_processes_that_compile_for_other_types_at_the_same_time_mix_nothing_up(tmp_path: Path) -> None:
    third, seen = KernelFiles(str(tmp_path), "step", ""), list[Any]()

    class Late(KernelFiles):
        """Another process: it has read the index before anybody wrote one, and is watched where it writes its own."""

        def _load_index(self) -> dict[Any, Any]:
            return {}

        def _save_index(self, overloads: Any) -> None:
            super()._save_index(overloads)
            seen.append([third.load(key) for key in ("int", "float")])

    for key in ("int", "float"):
        Late(str(tmp_path), "step", "").save(key, f"code for {key}")
    assert seen == [["code for int", None], [None, "code for float"]]


def test_kernels_are_kept_so() -> None:
    for decorate in (kernel.kernel, kernel.embedded):
        compiled: Any = decorate(_more)
        assert isinstance(compiled._cache._cache_file, KernelFiles)


def test_sources_with_their_types_are_not_kept() -> None:
    parts = ("library", "function", "environment", "signature", False, (), "# File: /home/me/x.py", (), ())
    assert without_annotation(parts) == (*parts[:6], "", *parts[7:])
    assert without_annotation("another kind of file") == "another kind of file"


def _more(x: float) -> float:
    return x + 1.0
