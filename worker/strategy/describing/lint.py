"""What in a strategy's source would let two workers, or two machines, decide differently; by line.

It finds what is written by mistake. It is no sandbox: a strategy has the worker's rights, and only files that the
configuration names are run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

# `worker.strategy` and the strategy's own package come beside these.
from worker.strategy.describing.assigned import assigned

MODULES = frozenset(
    {"__future__", "collections", "dataclasses", "datetime", "enum", "math", "msgspec", "numpy", "typing"}
)
# Functions of `math` whose last bit the machine's library decides; roots and what is exact are not among them.
OF_LIBRARY = frozenset(
    {
        *("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "degrees", "dist", "erf"),
        *("erfc", "exp", "exp2", "expm1", "gamma", "hypot", "lgamma", "log", "log10", "log1p", "log2", "pow"),
        *("radians", "sin", "sinh", "tan", "tanh"),
        *("arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "float_power", "power"),  # numpy's
        *("logaddexp", "logaddexp2"),
    }
)
# Functions of numpy that add in an order of their own, which is another one in compiled code.
ADDING = frozenset(
    {
        *(
            "average",
            "convolve",
            "corrcoef",
            "correlate",
            "cov",
            "cumsum",
            "dot",
            "einsum",
            "inner",
            "linalg",
            "matmul",
        ),
        *("mean", "nanmean", "nanstd", "nansum", "nanvar", "polyfit", "prod", "std", "sum", "trapezoid"),
        *("var", "vdot"),
    }
)
READING = frozenset({"fromfile", "genfromtxt", "load", "loadtxt", "memmap", "save", "savez", "savetxt"})
CLOCKS = frozenset({"now", "today", "utcnow"})
BUILTINS = {
    **dict.fromkeys(("open", "input"), "reads what only this worker has"),
    **dict.fromkeys(("eval", "exec", "compile", "__import__"), "runs what no digest covers"),
    **dict.fromkeys(("globals", "locals", "vars", "setattr", "delattr"), "changes names that no bar changes"),
    **dict.fromkeys(("hash", "id"), "is another number in each process"),
    "pow": "takes the machine's library: write x * x, or sqrt(x)",
}
MUTATING = frozenset(
    {
        *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault"),
        *("sort", "update"),
    }
)
WRITTEN = {"step": ("state", "order"), "observe": ("memory", "out")}  # parts of `c`
MUTABLE = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Finding(NamedTuple):
    """One fault: its line and a sentence without a full stop."""

    line: int
    message: str


def findings(text: str, package: str = "") -> list[Finding]:
    """Return the faults of a source, by line; `package` may be imported too.

    Raises:
        SyntaxError: it is no Python.
    """
    tree = ast.parse(text)
    aliases = dict(_aliases(tree))
    found = {
        *_imports(tree, package),
        *_attributes(tree, aliases),
        *_calls(tree),
        *_powers(tree),
        *_written(tree),
        *_read_only(tree),
        *_recursive(tree),
        *_defaults(tree),
        *_sets(tree),
    }
    return sorted(found)


def _aliases(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that modules have here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield each.asname or each.name.partition(".")[0], each.name
        elif isinstance(node, ast.ImportFrom) and node.module in ("datetime", "numpy"):
            for each in node.names:  # classes of datetime, numpy.random
                yield each.asname or each.name, node.module if node.module == "datetime" else f"numpy.{each.name}"


def _imports(tree: ast.AST, package: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""] if not node.level else []
            for each in node.names:
                yield from _of_module(node, node.module or "", each.name)
        else:
            continue
        for name in names:
            above, _, part = name.partition(".")
            yield from _of_module(node, above, part.partition(".")[0])  # numpy.random
            if not _allowed(name, package):
                yield Finding(node.lineno, f"import of {name}: a strategy knows what `c` has, and no more")


def _allowed(module: str, package: str) -> bool:
    top = module.partition(".")[0]
    ours = module == "worker.strategy" or module.startswith("worker.strategy.")
    return top in MODULES or ours or bool(package and top == package)


def _of_module(node: ast.stmt | ast.expr, module: str, name: str) -> Iterator[Finding]:
    if module == "math" and name == "*":
        yield Finding(node.lineno, "import of all of math: name what is needed")
    elif module in ("math", "numpy") and name in OF_LIBRARY:
        yield Finding(node.lineno, f"{module}.{name} takes the machine's library: worker.strategy has exp, log, tanh")
    elif module == "numpy" and name == "random":
        yield Finding(node.lineno, "numpy.random: the same bars would give other decisions")
    elif module == "numpy" and name in ADDING:
        yield Finding(node.lineno, f"numpy.{name} adds in another order when compiled: write a loop")
    elif module == "numpy" and name in READING:
        yield Finding(node.lineno, f"numpy.{name} reads what only this worker has")


def _attributes(tree: ast.AST, aliases: Mapping[str, str]) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield from _of_module(node, aliases[node.value.id], node.attr)
        root = node.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if node.attr in CLOCKS and isinstance(root, ast.Name) and aliases.get(root.id) == "datetime":
            yield Finding(node.lineno, f"datetime.{node.attr}: the bar's time is the only clock, c.bar.ts")


def _calls(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id in BUILTINS:
            yield Finding(node.lineno, f"{node.func.id}() {BUILTINS[node.func.id]}")
        if node.func.id == "round" and len(node.args) + len(node.keywords) > 1:
            yield Finding(node.lineno, "round() to digits is another number when compiled: round(x * 100) / 100")


def _powers(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            sides = (node.left, node.right)
            if all(isinstance(each, ast.Constant) and isinstance(each.value, int) for each in sides):
                continue
        elif not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Pow):
            continue
        yield Finding(node.lineno, "** takes the machine's library: write x * x, or sqrt(x)")


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTION))


def _own_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the names that a function binds: its parameters and what it assigns."""
    given = function.args
    names = {
        each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if each
    }
    stored = (n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return names | {node.id for node in stored}


def _root(node: ast.expr) -> str | None:
    """Return the name that `a.b[c]` begins with; None for a bare name or no name."""
    if not isinstance(node, ast.Attribute | ast.Subscript):
        return None
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _written(tree: ast.AST) -> Iterator[Finding]:
    """Find globals that a function writes: another worker has not played the same bars."""
    for function in _functions(tree):
        own = _own_names(function)
        for node in ast.walk(function):
            name, line = None, getattr(node, "lineno", 0)
            if isinstance(node, ast.Global | ast.Nonlocal):
                name = node.names[0]
            elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                root = _root(node)
                name = root if root not in own else None
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATING:
                holder = node.func.value
                root = holder.id if isinstance(holder, ast.Name) else _root(holder)
                name = root if root not in own else None
            if name is not None:
                yield Finding(line, f"{name} is written, and is no part of the state: declare it in State")


def _part(node: ast.expr, context: str, names: dict[str, str]) -> str | None:
    """Return the part of `c` that an expression leads to: `position` of `c.position.stop`, or of a name for it."""
    inner: ast.expr | None = None
    while isinstance(node, ast.Attribute | ast.Subscript):
        inner, node = node, node.value
    if not isinstance(node, ast.Name):
        return None
    if node.id == context:
        return inner.attr if isinstance(inner, ast.Attribute) else None
    return names.get(node.id)


def _names_of_parts(function: ast.FunctionDef, context: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for name, value in assigned(function):
        if (part := _part(value, context, names)) is not None:
            names[name] = part
    return names


def _read_only(tree: ast.AST) -> Iterator[Finding]:
    """Find what a step writes beside state and order: compiled, it would write to the engine's own records."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name not in WRITTEN or not function.args.args:
            continue
        context, written = function.args.args[0].arg, WRITTEN[function.name]
        names = _names_of_parts(function, context)
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                part = _part(node, context, names)
                if part is not None and part not in written:
                    yield Finding(node.lineno, f"{context}.{part} is read only: {' and '.join(written)} are not")


def _recursive(tree: ast.AST) -> Iterator[Finding]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name:
                    yield Finding(node.lineno, f"{function.name} calls itself: without an end it ends the process")


def _defaults(tree: ast.AST) -> Iterator[Finding]:
    for function in _functions(tree):
        for value in (*function.args.defaults, *function.args.kw_defaults):
            if isinstance(value, MUTABLE):
                yield Finding(value.lineno, "a default that can change is kept between calls: declare it in State")


def _is_set(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return _is_set(node.left, names) or _is_set(node.right, names)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")


def _set_names(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_set(node.value, names):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and node.value is not None and _is_set(node.value, names):
            names |= {node.target.id} if isinstance(node.target, ast.Name) else set()
    return names


def _iterated(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Starred):
            yield node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in ("enumerate", "iter", "list", "map", "next", "sum", "tuple", "zip"):
                yield from node.args
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "pop":
            yield node.func.value


def _sets(tree: ast.AST) -> Iterator[Finding]:
    names = _set_names(tree)
    yield from _at(_iterated(tree), names)


def _at(nodes: Iterable[ast.expr], names: set[str]) -> Iterator[Finding]:
    for node in nodes:
        if _is_set(node, names):
            yield Finding(node.lineno, "a set has another order in each process: sort it, or use a tuple")
