"""Encodings, packings, delimiters, and text around the table."""

from __future__ import annotations

import bz2
import gzip
import lzma

import cramjam

from tests.support.layouts.layout import Layout
from tests.support.layouts.rows import (
    PLAIN,
    packed,
)

LAYOUTS: list[Layout] = [
    Layout("UTF-8 with byte order mark", "ABC.csv", PLAIN, encoding="utf-8-sig"),
    Layout("UTF-16", "ABC.txt", PLAIN.replace(",", "\t"), encoding="utf-16"),
    Layout("UTF-16 without a mark", "ABC.txt", PLAIN, encoding="utf-16-le"),
    Layout("lines of Windows, pipe", "ABC.txt", PLAIN.replace(",", "|").replace("\n", "\r\n")),
    Layout("spaces between columns", "ABC.prn", PLAIN.replace(",", "   ")),
    Layout("sep= of Excel", "ABC.csv", "sep=;\n" + PLAIN.replace(",", ";")),
    Layout("remarks before the header", "ABC.csv", "# made by a script\n# second line\n" + PLAIN),
    Layout("text below the table", "ABC.csv", PLAIN + "\nData provided by a vendor\n", notes="below the table"),
    Layout("trailing delimiters", "ABC.csv", PLAIN.replace("\n", ",\n")),
    Layout("gzip", "ABC.csv.gz", gzip.compress(PLAIN.encode())),
    Layout("bzip2", "ABC.csv.bz2", bz2.compress(PLAIN.encode())),
    Layout("xz", "ABC.csv.xz", lzma.compress(PLAIN.encode())),
    Layout("zstd", "ABC.csv.zst", bytes(cramjam.zstd.compress(PLAIN.encode()))),
    Layout("zip", "ABC.csv.zip", packed(PLAIN)),
    Layout("gzip under another name", "ABC.csv", gzip.compress(PLAIN.encode())),
]
