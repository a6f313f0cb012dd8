"""Strategies with one fault each, for `strategy check` to find: what is wrong, where, and by which check."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.seeded import LATE, LINT, MARK, Seeded, own
from worker.engine.settings import engine_settings
from worker.strategy.checking.check import check
from worker.strategy.checking.desk import Options
from worker.strategy.checking.report import Fault
from worker.strategy.checking.subject import Subject

COUNT = "class State:\n    count: int\n"
SMA = "def indicators(p):\n    return {'mean': ta.sma(10), 'atr': ta.atr(14)}\n"
FLIP = "c.order.side, c.order.share = (LONG if {up} else FLAT), 0.1"

TWELVE: dict[str, Seeded] = {
    "look-ahead by a module global": Seeded(
        own(
            "ahead = CLOSES.get(c.bar.ts + c.bar.interval_ms, c.bar.close)\n" + FLIP.format(up="ahead > c.bar.close"),
            "\nCLOSES = {}\n",
            "values = ('seen',)\n\ndef observe(c):\n    CLOSES[c.bar.ts] = c.bar.close  #!\n    c.out.seen = 1.0\n",
        ),
        "future",
        "it looks ahead (in Python): bar ",
        lint=True,
    ),
    "NaN": Seeded(
        own(
            "half = c.ind.late * 0.5\nif c.position.side == 0:\n    c.order.side, c.order.share = LONG, half  #!",
            inside=LATE,
        ),
        "answers",
        "order.share is nan, and no size",
    ),
    "a global that is written": Seeded(
        own(
            "global seen  #!\nseen += 1\nc.order.notes[0] = seen\n" + FLIP.format(up="seen % 7 > 3"),
            "\nseen = 0\n",
        ),
        "globals",
        "seen has changed while it played, from 0 to ",
        lint=True,
    ),
    "random": Seeded(
        own(FLIP.format(up="random.random() > 0.5") + "  #!", "import random\n"),
        "outside",
        "random.random is another number at each run",
        lint=True,
    ),
    "time": Seeded(
        own(FLIP.format(up="int(time.time() * 1e6) % 2") + "  #!", "import time\n"),
        "outside",
        "time.time is another number at each run",
        lint=True,
    ),
    "the order of a set": Seeded(
        own(
            "first = 0\nfor name in {'momentum', 'reversal', 'carry', 'value'}:  #!\n    first = len(name)\n    break\n"
            + FLIP.format(up="c.bar.ts // 3_600_000 % first == 0"),
        ),
        "processes",
        "another process decides otherwise",
        lint=True,
    ),
    "math.exp": Seeded(
        own(FLIP.format(up="math.exp(c.bar.close / c.bar.open) > math.e") + "  #!"),
        "outside",
        "math.exp takes the machine's library",
        lint=True,
    ),
    "a stop on the wrong side": Seeded(
        own(
            "if c.position.side == 0 and c.bar.close < c.ind.mean:\n"
            "    c.order.side, c.order.risk = SHORT, 0.01\n    c.order.stop = c.bar.close - 2.0 * c.ind.atr  #!",
            inside=SMA,
        ),
        "answers",
        "and that of a short position lies above the close",
    ),
    "out of bounds": Seeded(
        own(
            "own = c.state\nown.last[own.count] = c.bar.close  #!\nown.count += 1\n"
            + FLIP.format(up="own.last[3] > 0.0"),
            inside="class State:\n    count: int\n    last: Floats[50]\n",
        ),
        "answers",
        "raised at bar 51 of WALK0",
    ),
    "it raises": Seeded(
        own("if c.bar.volume % 50.0 == 0.0:\n    raise ValueError('an odd volume')  #!\n" + FLIP.format(up="True")),
        "answers",
        "ValueError: an odd volume",
    ),
    "an endless warm-up": Seeded(
        own(
            FLIP.format(up="c.ind.slow > c.bar.close"),
            inside="def indicators(p):\n    return {'slow': ta.sma(600, timeframe='1d')}",
        ),
        "warm-up",
        "slow is known only after 14,400 bars of 1h, and ",
    ),
    "a state that can't be saved": Seeded(
        own(
            "c.state.window = lambda: c.bar.close  #!\n" + FLIP.format(up="c.bar.close > c.bar.open"),
            "import msgspec\nfrom typing import Any\n",
            "class State(msgspec.Struct):\n    window: Any = None\n",
        ),
        "answers",
        "the state's window can't be saved",
    ),
}

MORE: dict[str, Seeded] = {
    "a look at where the bars end": Seeded(
        own(
            FLIP.format(up="c.bar.ts + c.bar.interval_ms in SEEN"),
            "\nSEEN = {}\n",
            "values = ('seen',)\n\ndef observe(c):\n    SEEN[c.bar.ts] = True  #!\n    c.out.seen = 1.0\n",
        ),
        "future",
        "it looks ahead (in Python): bar ",
        lint=True,
    ),
    "look-ahead by a global array": Seeded(
        own(
            "ahead = CLOSES[c.bar.ts // 3_600_000 % 9_000 + 1]\n" + FLIP.format(up="ahead > c.bar.close"),
            "import numpy as np\n\nCLOSES = np.zeros(9_001)\n",
            "values = ('seen',)\n\ndef observe(c):\n    CLOSES[c.bar.ts // 3_600_000 % 9_000] = c.bar.close  #!\n"
            "    c.out.seen = 1.0\n",
        ),
        "future",
        "it looks ahead (in Python): bar ",
        lint=True,
    ),
    "int of NaN": Seeded(
        own(
            "steps = int(c.ind.late)  #!\nc.order.notes[0] = steps\n" + FLIP.format(up="steps > 0"),
            inside=LATE,
        ),
        "modes",
        "the answer is ok compiled, and raised in Python",
    ),
    "a fractional power": Seeded(
        own(FLIP.format(up="(c.bar.close / c.bar.open) ** 0.3 > 1.0") + "  #!"),
        "outside",
        "** takes the machine's library",
        lint=True,
    ),
    "datetime.now": Seeded(
        own(FLIP.format(up="datetime.now().hour > 12") + "  #!", "from datetime import datetime\n"),
        "outside",
        "datetime.now: the bar's time is the clock",
        lint=True,
    ),
    "the machine's time zone": Seeded(
        own(
            FLIP.format(up="datetime.fromtimestamp(c.bar.ts / 1000).hour > 12") + "  #!",
            "from datetime import datetime\n",
        ),
        "outside",
        "datetime.fromtimestamp without a time zone takes the machine's",
    ),
    "reading a file": Seeded(
        own("with open(__file__) as file:  #!\n    text = file.read()\n" + FLIP.format(up="len(text) % 2")),
        "outside",
        "open() reads what only this worker has",
        lint=True,
    ),
    "reading a file by another name": Seeded(
        own(FLIP.format(up="len(Path(__file__).read_text()) % 2") + "  #!", "from pathlib import Path\n"),
        "outside",
        "only this worker has that",
        lint=True,
    ),
    "math.exp by another name": Seeded(
        own(FLIP.format(up="getattr(math, 'ex' + 'p')(c.bar.close / c.bar.open) > math.e") + "  #!"),
        "outside",
        "math.exp takes the machine's library",
    ),
    "hash": Seeded(
        own("c.order.notes[0] = hash('momentum') % 1_000  #!\n" + FLIP.format(up="True")),
        "outside",
        "hash() is another number",
        lint=True,
    ),
    "a default that can change": Seeded(
        own(
            "c.order.notes[0] = longest(c.bar.close)\n" + FLIP.format(up="c.order.notes[0] > c.bar.open"),
            "\ndef longest(x, seen=[0.0]):  #!\n    seen[0] = max(x, seen[0] * 0.99)\n    return seen[0]\n",
        ),
        "globals",
        "longest has changed while it played",
        lint=True,
    ),
    "what a class keeps": Seeded(
        own("Own.count += 1  #!\n" + FLIP.format(up="Own.count % 7 > 3"), inside="count = 0\n"),
        "globals",
        "Own.count has changed while it played",
        lint=True,
    ),
    "what a closure keeps": Seeded(
        own(
            FLIP.format(up="count() % 7 > 3"),
            "\n\ndef counter():\n    n = 0\n\n    def count():\n        nonlocal n  #!\n        n += 1\n"
            "        return n\n\n    return count\n\n\ncount = counter()\n",
        ),
        "globals",
        "count has changed while it played",
        lint=True,
    ),
    "what an iterator keeps": Seeded(
        own(FLIP.format(up="next(COUNT) % 7 > 3"), "\nCOUNT = iter(range(10**9))  #!\n"),
        "globals",
        "COUNT has changed while it played",
    ),
    "a fraction in a whole number": Seeded(
        own("c.state.count += c.bar.close % 1.0  #!\n" + FLIP.format(up="c.state.count % 2"), inside=COUNT),
        "answers",
        "the state's count is a whole number, and was given ",
    ),
    "a dict in a compiled state": Seeded(
        own(FLIP.format(up="True"), inside="class State:\n    seen: dict  #!\n"),
        "definition",
        "the state's seen is of no kind that a record holds",
    ),
    "a state with a value": Seeded(
        own(FLIP.format(up="True"), inside="class State:\n    count: int = 3  #!\n"),
        "definition",
        "the state's count has a value",
    ),
    "a state that no decoder takes": Seeded(
        own(
            FLIP.format(up="True"),
            "import msgspec\nfrom typing import Union\n",
            "class State(msgspec.Struct):\n    seen: Union[list, set] = []\n",
        ),
        "definition",
        "the state can't be loaded again: Type unions may not contain more than one",
    ),
    "a state that outgrows its room": Seeded(
        own(
            "c.state.closes = [*c.state.closes, c.bar.close]\n" + FLIP.format(up="len(c.state.closes) % 2"),
            "import msgspec\n",
            "class State(msgspec.Struct):\n    closes: list[float] = []\n",
        ),
        "answers",
        "the state takes 1,0",
    ),
    "an unending loop": Seeded(
        own("x = 1.0\nwhile c.bar.close > c.bar.open and x > 0.0: x += 1.0  #!\n" + FLIP.format(up="True")),
        "answers",
        "it did not end within 1.5 s, at the bar of WALK0 at 2020-09-",
    ),
    "an unending loop of the file": Seeded(
        own(FLIP.format(up="True"), "\nwhile True: pass  #!\n"), "definition", "it did not end within 1.5 s"
    ),
    "it ends the process": Seeded(
        own("if c.bar.volume % 50.0 == 0.0:\n    raise SystemExit('enough')  #!\n" + FLIP.format(up="True")),
        "answers",
        "it ended its process: SystemExit: enough",
    ),
    "it takes the process down": Seeded(
        own("if c.bar.close > c.bar.open:\n    ctypes.string_at(0)  #!\n" + FLIP.format(up="True"), "import ctypes\n"),
        "answers",
        "it ended its process, at the bar of WALK0 at 2020-09-13 ",
        lint=True,
    ),
    "a timeframe shorter than the bars": Seeded(
        own(
            FLIP.format(up="c.ind.fast > c.bar.close"),
            inside="def indicators(p):\n    return {'fast': ta.ema(5, timeframe='4h')}",
        ),
        "warm-up",
        "fast is never known: bars of 1d fill none of its timeframe 4h: the step is never called",
        86_400_000,
    ),
    "an observation that is never published": Seeded(
        own(
            FLIP.format(up="c.ind.seen > 0.0"),
            inside="values = ('seen',)\n\nclass Memory:\n    count: int\n\ndef observe(c):\n    c.memory.count += 1\n",
        ),
        "warm-up",
        "seen, which observe publishes, is not known at any of ",
    ),
    "an observation that raises": Seeded(
        own(
            FLIP.format(up="c.ind.seen > 0.0"),
            inside="values = ('seen',)\n\nclass Memory:\n    last: Floats[7]\n    count: int\n\n"
            "def observe(c):\n    c.memory.last[c.memory.count % 8] = c.bar.close  #!\n    c.memory.count += 1\n"
            "    c.out.seen = c.memory.last[0]\n",
        ),
        "answers",
        "observe raised at bar 8 of WALK0",
    ),
    "a stop that is NaN": Seeded(
        own(
            "if c.position.side == 0:\n    c.order.side, c.order.share = LONG, 0.1\n"
            "    c.order.stop = c.ind.late * 0.9  #!",
            inside=LATE,
        ),
        "answers",
        "order.stop is NaN at bar ",
    ),
    "two sizes": Seeded(
        own("if c.position.side == 0:\n    c.order.side, c.order.qty = LONG, 1.0\n    c.order.share = 0.1  #!"),
        "answers",
        "order.qty and order.share are both said",
    ),
    "risk without a stop": Seeded(
        own("if c.position.side == 0:\n    c.order.side, c.order.risk = LONG, 0.01  #!"),
        "answers",
        "order.risk needs a stop",
    ),
    "a limit without a price": Seeded(
        own("if c.position.side == 0:\n    c.order.side, c.order.entry, c.order.share = LONG, LIMIT, 0.1"),
        "answers",
        "order.price is nan, and a limit or stop entry needs a price",
    ),
    "an unknown side": Seeded(own("c.order.side = 2  #!"), "answers", "order.side is 2, and none of LONG"),
    "a division by zero where nothing is traded": Seeded(
        own(
            "each = c.bar.close / c.bar.volume  #!\n" + FLIP.format(up="each > 0.0"),
        ),
        "markets",
        "of NOVOLUME",
    ),
    "a stop at the close of a flat market": Seeded(
        own(
            "if c.position.side == 0:\n    c.order.side, c.order.share = LONG, 0.1\n"
            "    c.order.stop = c.bar.close - c.ind.range  #!",
            inside="def indicators(p):\n    return {'range': ta.subtract(ta.highest(5), ta.lowest(5))}",
        ),
        "markets",
        "and that of a long position lies below the close, ",
    ),
    "a name that no order has": Seeded(
        own("c.order.sidee = LONG  #!"), "answers", "'Order' object has no attribute 'sidee'"
    ),
    "a note without a name": Seeded(
        own("c.order.notes[2] = c.bar.close  #!", inside='notes = ("one", "two")\n'),
        "answers",
        "order.notes[2] is set",
    ),
    "a note from the end": Seeded(
        own("c.order.notes[-1] = c.bar.close  #!", inside='notes = ("one", "two")\n'),
        "answers",
        "order.notes[3] is set",
    ),
    "a note beyond all": Seeded(
        own("c.order.notes[4] = c.bar.close  #!", inside='notes = ("one", "two")\n'), "answers", "out of range"
    ),
    "a tag without a name": Seeded(own("c.order.tag = 3  #!"), "answers", "without a name at bar "),
    "what does not compile": Seeded(
        own("text = '%.2f' % c.bar.close  #!\n" + FLIP.format(up="len(text) > 5")), "compile", "can't be compiled"
    ),
    "what is printed": Seeded(
        own("if c.bar.close > c.bar.open:\n    print(c.bar.ts)  #!"),
        LINT,
        "print() is no part of a decision",
        lint=True,
    ),
    "no Python": Seeded("class Own(:  #!\n    pass\n", LINT, "it is no Python", lint=True),
}

FAULTS: dict[str, str] = {name: seeded.source for name, seeded in TWELVE.items()}
SEEDED = TWELVE | MORE


def line_of(seeded: Seeded) -> int | None:
    """The marked line."""
    lines = [number for number, line in enumerate(seeded.source.splitlines(), 1) if line.endswith(MARK)]
    return lines[0] if lines else None


def found(name: str) -> bool:
    """Whether `strategy check`, as a user runs it, refuses the fault and names its line."""
    seeded = SEEDED[name]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "own.py"
        file.write_text(seeded.source)
        report = check(Subject(engine_settings({}), file=file), Options(interval_ms=seeded.interval_ms))
    return any(_names(seeded, fault) for each in report.failed for fault in each.faults)


def _names(seeded: Seeded, fault: Fault) -> bool:
    line = line_of(seeded)
    # The lint refuses the import already, of what the marked line calls.
    return line is None or fault.line == line or fault.says.startswith("import of")
