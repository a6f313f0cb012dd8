"""What numba says of a strategy that it can't compile, in the words of who wrote the strategy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from worker.strategy.describing.source import Source
from worker.strategy.errors import StrategyRefused

STAGES = ("Failed in", "During", "-", "File", "There are")
MOST = 200  # characters of numba's own sentence: it prints whole records
PLAIN = 'Write it with numbers and what `c` has, or set engine.strategy.mode = "python"'
LISTS = "`alphapulse strategy show` lists indicators, parameters and state; docs/strategies.md the rest of `c`"
# Numba's sentence, ours, and the fix. The groups of the first stand in the second.
SAID = (
    (r"Unknown attribute '(\w+)' of type Context\(", "there is no field '{}' in c", LISTS),
    (
        r"Unknown attribute '(\w+)' of type Module\(<module 'worker\.strategy\.ta'",
        "ta.{} in a step",
        "Name it in indicators(p), and read it as c.ind.NAME",
    ),
    (
        r"No implementation of function Function\(<built-in function getitem>\)",
        "what stands before [ ] is one number",
        "c.was has the bar before, ta.lag older values, State what the step keeps; nothing has later ones. "
        'Or set engine.strategy.mode = "python"',
    ),
    (
        r"Cannot cast Literal\[str\]\((.*?)\) to ",
        "'{}' is text, and a number belongs here",
        "A side is LONG, SHORT, FLAT or KEEP; a tag is its place in `tags`, from 0. "
        'Or set engine.strategy.mode = "python"',
    ),
)


def refused(source: Source, error: Exception, names: frozenset[str]) -> StrategyRefused:
    """Explain an error of numba; `names` are the fields of all records that a step may know."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    if isinstance(error, KeyError):  # numba's own failure where a record has no such field
        return _no_field(source, str(error.args[0]), names)
    if undefined := re.search(r"NameError: name '(\w+)' is not defined", text):
        return _no_name(source, undefined[1])
    file = re.escape(source.file.name)
    lines = [a or b for a, b in re.findall(rf'File "[^"]*{file}", line (\d+)|{file} \((\d+)\)', text)]
    plain = [line.strip() for line in text.splitlines() if line.strip()]
    # The first line names the stage that failed; what failed comes after it.
    said = next((line for line in plain if not line.startswith(STAGES)), "it is not what numba compiles")
    said = said.rstrip(".:")
    for pattern, ours, fix in SAID:
        if found := re.match(pattern, said):
            return _told(source, lines[-1:], ours.format(*found.groups()), fix)
    return _told(source, lines[-1:], said if len(said) <= MOST else said[:MOST] + "…", PLAIN)


def _no_field(source: Source, name: str, names: frozenset[str]) -> StrategyRefused:
    nodes = (node for node in _nodes(source) if isinstance(node, ast.Attribute) and node.attr == name)
    found = next(nodes, None)
    where = "" if found is None else f" in {ast.unparse(found.value)}"
    near = get_close_matches(name, sorted(names), 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    lines = [] if found is None else [str(found.lineno)]
    return _told(source, lines, f"there is no field {name!r}{where}", meant + LISTS)


def _no_name(source: Source, name: str) -> StrategyRefused:
    lines = [str(node.lineno) for node in _nodes(source) if isinstance(node, ast.Name) and node.id == name]
    fix = "A step has `c` alone" if name == "self" else "Import it from worker.strategy, or define it above"
    return _told(source, lines[:1], f"the name {name!r} is not defined", fix)


def _nodes(source: Source) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(source.text))


def _told(source: Source, lines: list[str], said: str, fix: str) -> StrategyRefused:
    where = f"line {lines[0]}: " if lines else ""
    return StrategyRefused(f"{source.name} can't be compiled: {where}{said}", fix)
