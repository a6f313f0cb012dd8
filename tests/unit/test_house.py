"""The folders show the way: small files, few in a folder, and arrows in one direction between files and folders."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median

from tests.support.house import ROOT, children, circle, graph, imports, modules

MOST_LINES, MEDIAN_LINES, MOST_MODULES = 400, 120, 16
# One concept a file: another one of the kind is another file.
COLLECTIONS = {"worker.cli", "worker.engine.stages.features", "worker.engine.stages.patterns.candles"}
# Folders of unit tests for what lies in no package.
OF_TESTS = {"bench", "examples", "files"}


@cache
def arrows() -> dict[str, set[str]]:
    return graph(modules("worker", "schemas"))


def packages() -> list[str]:
    return [name for name, file in modules("worker", "schemas").items() if file.name == "__init__.py"]


def test_modules_are_short() -> None:
    lines = {
        name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in modules("worker", "schemas").items()
    }
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}
    assert median(count for name, count in lines.items() if name not in packages()) <= MEDIAN_LINES


def test_no_folder_holds_many_modules() -> None:
    inside = set(modules("worker", "schemas")) - set(packages())
    counts = Counter(name.rpartition(".")[0] for name in inside)
    assert {name for name, count in counts.items() if count > MOST_MODULES} <= COLLECTIONS


def test_no_circle_between_files() -> None:
    assert circle(arrows()) == []


def test_no_circle_between_folders() -> None:
    circles = {package: circle(children(package, arrows())) for package in packages()}
    assert {package: found for package, found in circles.items() if found} == {}


def test_unit_tests_lie_as_what_they_test() -> None:
    own = ROOT / "tests" / "unit"
    for folder in {file.parent.relative_to(own) for file in own.rglob("test_*.py")}:
        if folder.parts and folder.parts[0] not in OF_TESTS:
            at = ROOT / "worker" / folder
            assert at.is_dir() or at.with_suffix(".py").is_file(), f"tests/unit/{folder} tests nothing in worker/"


def test_circles_are_found(tmp_path: Path) -> None:
    (tmp_path / "house" / "low").mkdir(parents=True)
    for file, text in {
        "house/__init__.py": "",
        "house/low/__init__.py": "",
        "house/low/deep.py": "",
        "house/low/first.py": "from house import top\n",
        "house/top.py": "if True:\n    import house.low.deep\n",
    }.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    found = graph(modules("house", root=tmp_path))
    assert found["house.low.first"] == {"house.top"}
    assert found["house.top"] == {"house.low.deep"}
    assert circle(found) == []
    assert set(circle(children("house", found))) == {"low", "top"}


def test_what_a_name_stands_for() -> None:
    known = {"a", "a.b", "a.b.c"}
    assert imports("from a.b import c", known) == {"a.b.c"}
    assert imports("from a.b import c, d", known) == {"a.b.c", "a.b"}
    assert imports("import a.b as x, other", known) == {"a.b"}
