"""The few metrics that the gateway takes from a worker's `/metrics`, in Prometheus's text format."""

from __future__ import annotations

import re
from collections.abc import Collection
from math import isfinite

_LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')
Labels = tuple[tuple[str, str], ...]
Samples = dict[str, dict[Labels, float]]


def read_metrics(text: str, wanted: Collection[str]) -> Samples:
    """Return the finite samples of the wanted names by labels; a line that can't be read is left out."""
    found: Samples = {name: {} for name in wanted}
    for line in text.splitlines():
        name = line.partition("{")[0].partition(" ")[0]
        if name not in found or (match := _LINE.fullmatch(line)) is None:
            continue
        try:
            value = float(match[3])
        except ValueError:
            continue
        if isfinite(value):
            labels = tuple((label, _plain(content)) for label, content in _LABEL.findall(match[2] or ""))
            found[name][labels] = value
    return found


def _plain(text: str) -> str:
    return text.replace(r"\"", '"').replace(r"\n", "\n").replace("\\\\", "\\") if "\\" in text else text
