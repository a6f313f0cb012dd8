"""The comparison as bars: one panel a task, one row a client, one bar a guarantee. Plain SVG, nothing to install."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tests.bench.peers.catalogue import GUARANTEES, TASKS
from tests.bench.peers.table import Row, rounded

WIDTH, LEFT, RIGHT = 860, 330, 90
BAR, GAP, TITLE, MARGIN = 14, 10, 34, 16
OWN = {"alos": "#7aa6d8", "eos": "#1f5fa8"}
OTHER = {"alos": "#c4c4c4", "eos": "#8a8a8a"}
TITLES = {
    "pass": "pass: decode, check, encode",
    "zscore": "zscore: pass, and a rolling z-score for each symbol",
    "full": "full: all stages of the engine",
}


def svg(rows: Sequence[Row]) -> str:
    """The picture; bars in records per CPU-second, each panel to its own scale."""
    parts: list[str] = []
    y = MARGIN
    for task in (task for task in TASKS if any(row.task == task for row in rows)):
        panel, y = _panel([row for row in rows if row.task == task], task, y)
        parts += panel
    parts.append(
        _text(LEFT, y + 4, "records per CPU-second of the client; light: at least once, dark: exactly once", 12)
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 18}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y + 18}" fill="#ffffff"/>', *parts, "</svg>", ""])


def _panel(rows: Sequence[Row], task: str, y: int) -> tuple[list[str], int]:
    parts = [_text(LEFT, y + 14, TITLES[task], 14, weight="bold")]
    y += TITLE
    most = max(row.steady for row in rows)
    best = {row.peer: max(other.steady for other in rows if other.peer == row.peer) for row in rows}
    for peer in sorted(best, key=best.__getitem__, reverse=True):
        own = {row.guarantee: row for row in rows if row.peer == peer}
        shown = next(iter(own.values())).shown
        parts.append(_text(LEFT - 10, y + BAR * len(own) / 2 + 4, shown, 12, anchor="end"))
        for guarantee in (guarantee for guarantee in GUARANTEES if guarantee in own):
            parts += _bar(own[guarantee], y, most)
            y += BAR
        y += GAP
    return parts, y + GAP


def _bar(row: Row, y: int, most: float) -> list[str]:
    length = max(row.steady / most * (WIDTH - LEFT - RIGHT), 1.0)
    color = (OWN if row.peer.startswith("worker") else OTHER)[row.guarantee]
    box = f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{color}"/>'
    return [box, _text(LEFT + length + 6, y + BAR - 4, rounded(row.steady), 11)]


def _text(x: float, y: float, words: str, size: int, anchor: str = "start", weight: str = "normal") -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="#222222"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
