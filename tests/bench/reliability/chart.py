"""The reliability curves as a picture: SVG without a script or a font of its own."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import log10

from tests.bench.reliability.judge import Forecasts
from worker.models.scores import reliability

SIZE, LEFT, TOP, RIGHT, BOTTOM = 420, 64, 20, 210, 52
COLORS = {"rules": "#1f5fa8", "online": "#c8641b", "onnx": "#3b8a4c"}
SHOWN = {"rules": "rules: calibrated confidence", "online": "online model", "onnx": "ONNX model"}
INK, FAINT = "#222222", "#c4c4c4"


def svg(said: Mapping[str, Forecasts]) -> str:
    """Stated probability across, share that came true upwards; a larger mark stands for more labels."""
    width, height = LEFT + SIZE + RIGHT, TOP + SIZE + BOTTOM
    parts = [f'<rect width="{width}" height="{height}" fill="#ffffff"/>', *_axes()]
    for row, (name, forecasts) in enumerate(said.items()):
        if len(forecasts.p):
            parts += _curve(forecasts, COLORS[name])
        parts += _legend(row, name)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    return "\n".join([head, *parts, "</svg>", ""])


def _x(p: float) -> float:
    return LEFT + p * SIZE


def _y(p: float) -> float:
    return TOP + (1.0 - p) * SIZE


def _axes() -> list[str]:
    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{SIZE}" height="{SIZE}" fill="none" stroke="{FAINT}"/>']
    parts.append(_line(_x(0), _y(0), _x(1), _y(1), FAINT, ' stroke-dasharray="5 4"'))
    for tenth in range(0, 11, 2):
        p = tenth / 10
        parts.append(_text(_x(p), _y(0) + 18, f"{p:g}", "middle"))
        parts.append(_text(LEFT - 8, _y(p) + 4, f"{p:g}", "end"))
    parts.append(_text(_x(0.5), _y(0) + 40, "stated probability", "middle"))
    place = f'transform="rotate(-90 18 {_y(0.5):.0f})"'
    parts.append(_text(18, _y(0.5), "share that came true", "middle", place))
    return parts


def _curve(said: Forecasts, color: str) -> list[str]:
    curve = reliability(said.true, said.p)
    points = [(_x(x), _y(y)) for x, y in zip(curve.predicted.tolist(), curve.observed.tolist(), strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>']
    for (x, y), count in zip(points, curve.counts.tolist(), strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1.0 + 1.4 * log10(count):.1f}" fill="{color}"/>')
    return parts


def _legend(row: int, name: str) -> list[str]:
    x, y = LEFT + SIZE + 16, TOP + 16 + 22 * row
    return [f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{COLORS[name]}"/>', _text(x + 12, y, SHOWN[name], "start")]


def _line(x1: float, y1: float, x2: float, y2: float, color: str, style: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{style}/>'


def _text(x: float, y: float, words: str, anchor: str, place: str = "") -> str:
    style = f'font-size="12" text-anchor="{anchor}" fill="{INK}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style} {place}>{escape(words)}</text>'.replace(" >", ">")
