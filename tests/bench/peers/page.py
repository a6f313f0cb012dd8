"""The comparison in `docs/performance.md`: a table, what was absent, and the picture beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench import document
from tests.bench.peers import chart
from tests.bench.peers.table import Row, ordered, rounded

PICTURE = Path("docs/performance-peers.svg")
_HEAD = (
    "| task | guarantee | client | version | records per CPU-second | range | from start | peak MB | runs x records |"
)
_RULE = "|---|---|---|---|---:|---:|---:|---:|---|"


def write(rows: Sequence[Row], absent: Mapping[str, str], machine: dict[str, object]) -> None:
    """Write the table and the picture anew."""
    lines = [_HEAD, _RULE, *map(_line, ordered(rows)), "", f"Measured on {document.facts(machine)}."]
    lines += [f"Absent: {name} ({why})." for name, why in absent.items()]
    lines += ["", f"![Records per CPU-second by client]({PICTURE.name})"]
    document.fill("peers", "\n".join(lines))
    PICTURE.write_text(chart.svg(rows))


def _line(row: Row) -> str:
    name = f"**{row.shown}**" if row.peer == "worker" else row.shown
    cells = [
        f"`{row.task}`",
        row.guarantee.upper(),
        name,
        row.version,
        rounded(row.steady),
        f"{rounded(row.least)} to {rounded(row.most)}",
        rounded(row.total),
        f"{row.rss_mb:.0f}",
        f"{row.runs} x {row.records:,}",
    ]
    return f"| {' | '.join(cells)} |"
