"""Dirty rows as a file of text."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.files.market import PRICES, Row
from tests.files.spelling import HEADERS, NOTHING, NUMBERS, PLAIN, TIMES, Times, cell

NUMBERED = (*PRICES, "volume")
_OF_SEVERAL = re.compile(r"(?<=[,;|\t\"])F\d{0,4}$")  # the beginning of a name, which other files may have too


def write(rng: random.Random, rows: list[Row], folder: Path, stem: str, traits: list[str]) -> Path:
    """Write the rows in one of many layouts; `traits` gets the names of its oddities."""
    table = _table(rng, rows, traits)
    text = _lines(rng, table, traits)
    return _stored(rng, text, folder, stem, traits)


def _table(rng: random.Random, rows: list[Row], traits: list[str]) -> list[list[str]]:
    times: Times = rng.choice(TIMES)
    spell = rng.choice(NUMBERS if rng.random() < 0.5 else PLAIN)
    names, header = list(NUMBERED), list(rng.choice(HEADERS[:4] if rng.random() < 0.7 else HEADERS))
    if rng.random() < 0.15:
        traits.append("columns in another order")
        order = rng.sample(range(len(names)), len(names))
        names, header = [names[n] for n in order], [header[n] for n in order]
    extra = [name for name in ("symbol", "ingest_ts") if any(name in row for row in rows)]
    filler = rng.random() < 0.2
    head = [*times.names, *header, *extra, *(["Adj Close"] if filler else [])]
    traits.append(f"time {times.cells(0)!r}, numbers {spell(1234.5)!r}")
    table = [head] if rng.random() < 0.93 else []
    if not table:
        traits.append("no header")
    for row in rows:
        when = [""] * len(times.names) if row["ts"] is None else list(times.cells(row["ts"]))
        numbers = [cell(rng, row[name], spell) for name in names]
        more = ["" if row.get(name) is None else str(row[name]) for name in extra]
        table.append([*when, *numbers, *more, *([numbers[names.index("close")]] if filler else [])])
    _spoil(rng, table, traits)
    return table


def _spoil(rng: random.Random, table: list[list[str]], traits: list[str]) -> None:
    """Cells that hold no number or time; rows that are too short or too long; rows of another kind."""
    body = range(1, len(table))
    if not body:
        return
    if rng.random() < 0.25:
        traits.append("odd cells")
        for _ in range(rng.randint(1, 4)):
            row = table[rng.choice(body)]
            if row:
                row[rng.randrange(len(row))] = rng.choice(NOTHING)
    if rng.random() < 0.1:
        traits.append("unreadable times")
        for _ in range(rng.randint(1, 3)):
            table[rng.choice(body)][0] = rng.choice(("soon", "2024-13-45", "99/99/9999", "24:00", "1e30"))
    if rng.random() < 0.08:
        traits.append("rows of other lengths")
        row = table[rng.choice(body)]
        row[:] = row[: rng.randrange(len(row))] if rng.random() < 0.5 else [*row, "more"]
    if rng.random() < 0.08:
        traits.append("total row")
        table.append(["Total", *["" for _ in table[0][1:]]])
    if rng.random() < 0.08:
        traits.append("header again")
        table.insert(rng.choice(body), list(table[0]))
    if rng.random() < 0.08:
        traits.append("empty rows")
        table.insert(rng.choice(body), [])


def _lines(rng: random.Random, table: Sequence[Sequence[str]], traits: list[str]) -> str:
    separator = rng.choice((",", ",", ",", ";", ";", "\t", "|"))
    if separator == "," and any("," in value for row in table[1:] for value in row) and rng.random() < 0.8:
        separator = ";"
    out = io.StringIO()
    end = rng.choice(("\n", "\n", "\r\n"))
    if rng.random() < 0.1:
        writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    else:
        writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerows(table)
    text = out.getvalue()
    if rng.random() < 0.08:
        traits.append("comments before the header")
        text = f"# exported by nobody{end}{'' if rng.random() < 0.5 else end}{text}"
    if rng.random() < 0.1:
        traits.append("last line cut off")
        text = _OF_SEVERAL.sub("", text[: -rng.randint(1, 12)])
    if separator != ",":
        traits.append(f"separator {separator!r}")
    return text


def _stored(rng: random.Random, text: str, folder: Path, stem: str, traits: list[str]) -> Path:
    encoding = rng.choice(("utf-8",) * 12 + ("utf-8-sig", "utf-8-sig", "utf-16", "latin-1"))
    content = text.encode(encoding, errors="replace")
    kind = rng.choice((".csv",) * 24 + (".txt", ".tsv", ".csv.gz", ".csv.gz", ".zip", ".csv.bz2", ".csv.xz", ".CSV"))
    if (encoding, kind) != ("utf-8", ".csv"):
        traits.append(f"{encoding}{kind}")
    path = folder / f"{stem}{kind}"
    if kind == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{stem}.csv", content)
        return path
    packers: dict[str, Callable[[bytes], bytes]] = {
        ".csv.gz": gzip.compress,
        ".csv.bz2": bz2.compress,
        ".csv.xz": lzma.compress,
    }
    path.write_bytes(packers[kind](content) if kind in packers else content)
    return path
