"""Models are data, never code: nothing in the product loads pickled objects."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REFUSED = {"pickle", "cPickle", "_pickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}
WORDS = {*REFUSED, "allow_pickle"}  # a source without any of them needs no parser
SOURCES = sorted([*ROOT.glob("worker/**/*.py"), *ROOT.glob("schemas/**/*.py"), *ROOT.glob("examples/**/*.py")])


def loads_objects(source: str) -> list[str]:
    """Imports of the refused modules, and calls that allow pickles."""
    found: list[str] = []
    if not any(word in source for word in WORDS):
        return found
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Call):
            names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            pickles = [word for word in node.keywords if word.arg == "allow_pickle"]
            found += ["allow_pickle" for word in pickles if not _is_false(word.value)]
            names = names if _imports(node) else []
        found += [name for name in names if name.split(".")[0] in REFUSED]
    return found


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def _imports(call: ast.Call) -> bool:
    return "import" in ast.unparse(call.func) or ast.unparse(call.func) == "module"


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import_module('dill')",
        "__import__('pickle')",
        "np.load(f, allow_pickle=True)",
    ],
)
def test_the_search_finds_them(source: str) -> None:
    assert loads_objects(source)


def test_nothing_loads_pickled_objects() -> None:
    assert len(SOURCES) > 300
    assert {str(path): found for path in SOURCES if (found := loads_objects(path.read_text()))} == {}
