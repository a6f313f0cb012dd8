"""Text files are UTF-8 whatever the locale says: in the C locale Python would read and write ASCII."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "worker").rglob("*.py"), *(ROOT / "schemas").rglob("*.py")])
NAMES = {"read_text", "write_text"}
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"}


def without_encoding(tree: ast.AST) -> list[int]:
    """Lines of calls that read or write text and name no encoding."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    texts = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in NAMES]
    return [call.lineno for call in texts if not any(each.arg == "encoding" for each in call.keywords)]


def test_text_names_its_encoding() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    calling = {path: text for path, text in texts.items() if any(f".{name}(" in text for name in NAMES)}
    assert calling
    found = {path: without_encoding(ast.parse(text)) for path, text in calling.items()}
    assert {str(path.relative_to(ROOT)): lines for path, lines in found.items() if lines} == {}


COMMANDS = ("config", "doctor --offline", "publish --help", "schema decision", "models list")
PROGRAM = f"""
import sys
from worker.cli import main
for command in {COMMANDS!r}:
    sys.argv = ["alphapulse", *command.split()]
    try: main()
    except SystemExit as end: print("ENDED", end.code, flush=True)
"""


def test_commands_run_in_the_c_locale(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "alphapulse.toml").write_text('# für alle\n[topics]\nprefix = "x."\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=os.environ | ASCII | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    *told, rest = done.stdout.split(b"ENDED 0\n")
    assert len(told) == len(COMMANDS)
    assert all(told)
    assert rest == b""
