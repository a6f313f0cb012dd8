"""Measured parts of the documentation: each stands between two marks and is written anew by its target."""

from __future__ import annotations

from pathlib import Path

PAGE = Path("docs/performance.md")


def fill(part: str, text: str, path: Path | None = None) -> None:
    """Replace what stands between `<!-- part -->` and `<!-- /part -->`, of PAGE unless `path` is given."""
    path = path or PAGE
    page = path.read_text()
    before, begin, rest = page.partition(f"<!-- {part} -->\n")
    _, end, after = rest.partition(f"<!-- /{part} -->\n")
    if not end:
        raise ValueError(f"{path} has no place for {part}")
    path.write_text(f"{before}{begin}{text}\n{end}{after}")


def facts(machine: dict[str, object]) -> str:
    """The machine in one line."""
    return (
        f"{machine['cores']} cores of {machine['cpu']}, {machine['system']}, Python {machine['python']}, "
        f"load {machine['load_1min']} at the end"
    )
