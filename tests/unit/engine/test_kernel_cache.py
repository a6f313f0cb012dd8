"""The cache of compiled kernels is bound to the sources that a kernel can reach, and to no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.engine import kernel, pipeline


def forget() -> None:
    """As in a new process."""
    for read in (kernel._file, kernel._imports, kernel._digest, kernel.source_hash):
        read.cache_clear()


def names(module: str) -> set[str]:
    """The files of a kernel's sources."""
    files = map(kernel._file, kernel.sources(module))
    return {file.relative_to(kernel.ROOT).as_posix() for file in files if file is not None}


def test_a_kernel_is_bound_to_all_it_imports() -> None:
    found = names("worker.engine.pipeline")
    stages = [kernel.ROOT / "worker/engine/stages" / name for name in pipeline.Params._fields]
    kept = {path.relative_to(kernel.ROOT).as_posix() for stage in stages for path in stage.rglob("*.py")}
    assert len(kept) > len(stages)
    assert kept <= found
    assert {"worker/engine/elementary/logarithm.py", "worker/engine/kernel.py"} <= found


def test_a_kernel_is_not_bound_to_what_it_can_not_reach() -> None:
    found = names("worker.engine.elementary.logarithm")
    assert "worker/engine/elementary/tables.py" in found
    assert not any("stages/" in name or "stream/" in name for name in found)


def test_an_edit_far_below_gives_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "worker/__init__.py": "",
        "worker/top.py": "from worker.middle import (\n    a,\n    b,\n)\n",
        "worker/middle.py": "import worker.low\n",
        "worker/low.py": "X = 1\n",
        "worker/beside.py": "Y = 1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(kernel, "ROOT", tmp_path)
    hashes = []
    for edited in (None, "beside", "low"):
        if edited:
            (tmp_path / f"worker/{edited}.py").write_text("X = 2\n")
        forget()
        hashes.append(kernel.source_hash("worker.top"))
    forget()
    assert hashes[0] == hashes[1] != hashes[2]
