"""What would decide differently elsewhere is found with its line; what would not is left alone."""

from __future__ import annotations

import pytest

from tests.support.strategies import STRATEGIES
from worker.strategy.describing.lint import Finding, findings

FAULTS: dict[str, tuple[str, str]] = {
    "random": ("import random", "import of random"),
    "time": ("from time import time", "import of time"),
    "network": ("import socket", "import of socket"),
    "files by a library": ("from pathlib import Path", "import of pathlib"),
    "another library": ("import pandas as pd", "import of pandas"),
    "the worker's own parts": ("from worker.engine.kernel import CACHE", "import of worker.engine.kernel"),
    "a module of another package": ("from beside.us import x", "import of beside.us"),
    "all of math": ("from math import *", "import of all of math"),
    "math.exp": (
        "import math\nx = math.exp(1.0)",
        "math.exp takes the machine's library: worker.strategy has",
    ),
    "math by another name": ("import math as m\nx = m.sin(1.0)", "math.sin takes the machine's library"),
    "a function of math": ("from math import log as ln", "math.log takes the machine's library"),
    "math.pow": ("import math\nx = math.pow(2.0, 0.5)", "math.pow"),
    "numpy's": ("import numpy as np\nx = np.exp(1.0)", "numpy.exp takes the machine's library"),
    "numpy.random": ("import numpy as np\nx = np.random.normal()", "numpy.random: the same bars"),
    "numpy.random by name": ("from numpy import random", "numpy.random"),
    "numpy.random as a module": ("import numpy.random as r", "numpy.random"),
    "a part of numpy.random": ("from numpy.random import normal", "numpy.random"),
    "numpy sums": ("import numpy as np\nx = np.sum(np.ones(3))", "numpy.sum adds in another order"),
    "numpy files": ("import numpy as np\nx = np.load('x.npy')", "numpy.load reads"),
    "a fractional power": ("x = 2.0\ny = x ** 0.5", "** takes the machine's library"),
    "a square": ("x = 2.0\ny = x ** 2", "** takes the machine's library"),
    "a power in place": ("x = 2.0\nx **= 2", "** takes the machine's library"),
    "pow": ("x = pow(2.0, 3)", "pow() takes the machine's library"),
    "the clock": ("from datetime import datetime\nx = datetime.now()", "datetime.now: the bar's time"),
    "the clock, in full": ("import datetime\nx = datetime.datetime.utcnow()", "datetime.utcnow"),
    "today": ("from datetime import date\nx = date.today()", "datetime.today"),
    "a file": ("x = open('prices.csv')", "open() reads what only this worker has"),
    "eval": ("x = eval('1')", "eval() runs"),
    "import by name": ("x = __import__('time')", "__import__() runs"),
    "hash": ("x = hash('BTC')", "hash() is another number in each process"),
    "id": ("x = id(3)", "id() is another number"),
    "digits": ("x = round(1.25, 1)", "round() to digits"),
    "a global": ("n = 0\ndef f():\n    global n  #!\n    n = 1", "n is written"),
    "a list": ("seen = []\ndef f(x):\n    seen.append(x)", "seen is written"),
    "a dict": ("seen = {}\ndef f(x):\n    seen[x] = 1", "seen is written"),
    "in place": ("seen = [0]\ndef f():\n    seen[0] += 1", "seen is written"),
    "deep": ("a = {}\ndef f(x):\n    a['b'].c.update(x)", "a is written"),
    "a class": ("class A:\n    n = 0\ndef f():\n    A.n = 1", "A is written"),
    "deleted": ("seen = {}\ndef f(x):\n    del seen[x]", "seen is written"),
    "a default": ("def f(x, seen=[]):  #!\n    return x", "a default that can change"),
    "the bar": ("def step(c):\n    c.bar.close = 1.0", "c.bar is read only"),
    "the position by a name": (
        "def step(c):\n    held, own = c.position, c.state\n    held.stop = 1.0",
        "c.position is",
    ),
    "an array of the engine": ("def step(c):\n    c.timeframes.direction[0] = 1.0", "c.timeframes is read only"),
    "a name of a name": ("def step(k):\n    a = k.ind\n    b = a\n    b.x += 1", "k.ind is read only"),
    "recursion": ("def f(x):\n    return f(x - 1)", "f calls itself"),
    "numba": ("from numba import njit", "import of numba"),
    "a set": ("for x in {1, 2}:  #!\n    pass", "a set has another order"),
    "a named set": ("names = set(('a', 'b'))\nx = [n for n in names]", "a set has another order"),
    "a list of a set": ("x = list(frozenset('ab'))", "a set has another order"),
    "a union": ("a = {1}\nb = a | {2}\nfor x in b:  #!\n    pass", "a set has another order"),
    "the first of a set": ("a = {1, 2}\nx = a.pop()", "a set has another order"),
    "a set unpacked": ("x = [*{1, 2}]", "a set has another order"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_found_with_its_line(fault: str) -> None:
    text, message = FAULTS[fault]
    found = findings(text)
    assert [each for each in found if each.message.startswith(message)], found
    lines = text.splitlines()
    marked = [i for i, line in enumerate(lines, 1) if line.endswith("#!")] or [len(lines)]
    assert [each.line for each in found] == marked


GOOD = {
    "what math has that is exact": "import math\nx = math.sqrt(2.0) + math.floor(1.5) + math.fabs(-1.0) + math.inf",
    "whole powers of numbers": "x = 10 ** 6",
    "our own functions": "from worker.strategy import exp, log\nx = exp(log(2.0))",
    "a function of that name": "def log(x):\n    return x\ny = log(3)",
    "local lists": "def f(x):\n    seen = []\n    seen.append(x)\n    seen[0] = 1\n    return seen",
    "what a step may write": (
        "def step(c):\n    own, order = c.state, c.order\n    own.x = c.bar.low\n    order.notes[0] = c.bar.close"
    ),
    "parameters": "def f(c):\n    c.state.count += 1\n    c.order.notes[0] = 1.0",
    "rounding to whole numbers": "x = round(2.5)",
    "membership of a set": "x = 1 in {1, 2}",
    "a sorted set": "for x in sorted({1, 2}):\n    pass",
    "dates as constants": "from datetime import datetime, UTC\nx = datetime(2024, 1, 1, tzinfo=UTC)",
    "numpy arrays": "import numpy as np\nx = np.zeros(3)",
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_good_is_left_alone(case: str) -> None:
    assert findings(GOOD[case]) == []


@pytest.mark.parametrize("name", STRATEGIES)
def test_good_strategies_pass(name: str) -> None:
    assert findings(STRATEGIES[name]) == []


def test_a_package_may_import_its_own_modules() -> None:
    assert findings("from stranger.helper import x", "stranger") == []


def test_several_are_sorted_by_line() -> None:
    found = findings("import time\nx = 1\ny = x ** 0.5\nimport random")
    assert [each.line for each in found] == [1, 3, 4]
    assert isinstance(found[0], Finding)
