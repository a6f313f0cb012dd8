"""Generator of the published schemas: `python -m schemas.generate` writes them, with `--check` it only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from schemas.asyncapi import document
from schemas.jsonschema import NAMES, json_schema

HERE = Path(__file__).parent


def rendered(content: dict[str, Any]) -> str:
    """Return the text of one published document."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def documents() -> dict[str, str]:
    """Return the text of every published document by its path below this package."""
    texts = {f"json/{name}.schema.json": rendered(json_schema(name)) for name in NAMES}
    return texts | {"asyncapi.json": rendered(document())}


def stale(root: Path = HERE) -> list[str]:
    """Return the paths of the documents below `root` that differ from the structs."""
    texts = documents()
    return [path for path, text in texts.items() if _read(root / path) != text]


def write(root: Path = HERE) -> None:
    """Write all documents below `root`."""
    for path, text in documents().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Return the exit code: 1 when `--check` finds a stale document."""
    if arguments == ["--check"]:
        old = stale()
        for path in old:
            sys.stderr.write(f"schemas/{path} is not current: run `python -m schemas.generate`\n")
        return 1 if old else 0
    if arguments:
        sys.stderr.write("usage: python -m schemas.generate [--check]\n")
        return 2
    write()
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
