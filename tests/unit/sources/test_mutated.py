"""Whatever is done to a file, reading it ends with bars or with one sentence."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

from tests.support.examples import drawn
from tests.support.layouts import LAYOUTS
from worker.errors import AlphapulseError
from worker.sources.bar_columns import columns_of
from worker.sources.options import ReadOptions
from worker.sources.report import ReadReport
from worker.sources.source import open_files, read_records

JUNK = [
    b"\x00",
    b"\xff",
    b'"',
    b",",
    b";",
    b"\n",
    b"\n\n",
    b"-",
    b"1e400",
    b"9" * 20,
    b"nan",
    b" ",
    b"\t",
    b"abc",
    b"24:00",
    b"2024-13-45",
    b"(",
    b"$",
    b"\xe9",
    b"\r",
    b"1e17",
    b"-99999999999999",
    b"0",
    b"+99:99",
    b"_",
]


def mutated(content: bytearray, draw: random.Random) -> bytes:
    for _ in range(draw.randint(1, 6)):
        at, kind = draw.randrange(len(content) + 1), draw.random()
        if kind < 0.5:
            content[at:at] = draw.choice(JUNK)
        elif kind < 0.7:
            del content[at : at + draw.randint(1, 20)]
        elif kind < 0.85:
            content[at : at + 1] = draw.choice(JUNK)
        else:
            begin = draw.randrange(len(content) + 1)
            content[at:at] = content[begin : begin + draw.randint(1, 60)]
    return bytes(content)


def test_no_mutated_file_ends_otherwise(tmp_path: Path) -> None:
    draw, read = random.Random(3), 0
    for _ in range(count := drawn(100, 600)):
        layout = draw.choice(LAYOUTS)
        path = tmp_path / layout.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(layout.content):
            layout.content(path)
        else:
            text = layout.content
            path.write_bytes(text if isinstance(text, bytes) else text.encode(layout.encoding))
        path.write_bytes(mutated(bytearray(path.read_bytes()), draw))
        report, options = ReadReport(), ReadOptions(**layout.options)
        with suppress(AlphapulseError):
            (source,) = open_files([path], options.symbol, report, options)
            records = list(read_records(source))
            columns = list(columns_of(source))
            assert bool(records) == bool(columns)
            read += 1
    assert read > count / 10
