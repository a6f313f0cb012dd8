"""A thousand averages that cross over 5,000 bars: `alphapulse sweep` and vectorbt, each from its start to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.bench.oracle import Failed, Say
from tests.bench.strategies.cases import BEGIN, BUDGET, FEE, PROFILE, RULES
from tests.bench.strategies.markets import COLUMNS, series
from tests.bench.strategies.oracles import VECTORBT
from worker.engine.kernel import CACHE

DATASET, BARS, CORES = "sp500", 5_000, 2
SYMBOL = "SPX"
ROUNDS = 3
PAIRS = [(fast, slow) for fast in range(5, 25) for slow in range(30, 80)]
SHARE = 0.5
RULE = "sma_cross"


class Swept(NamedTuple):
    """Wall seconds, and the closed trades of each pair."""

    seconds: float
    trades: list[int]


class Sweeps(NamedTuple):
    """Both; `first` is vectorbt's first run, which compiles what it keeps."""

    ours: Swept
    vectorbt: Swept
    first: float

    @property
    def differing(self) -> int:
        """Pairs whose numbers of trades are not the same."""
        return sum(a != b for a, b in zip(self.ours.trades, self.vectorbt.trades, strict=True))


def sweeps(say: Say) -> Sweeps:
    """Run both by turns in processes of their own, each at its least; kernels are compiled, our strategy is not.

    Raises:
        Absent: vectorbt can't be installed here.
        Failed: one of them ended with an error, or they have traded otherwise.
    """
    VECTORBT.install(say)
    rounds = []
    for number in range(1, ROUNDS + 1):
        say(f"{len(PAIRS):,} pairs of averages by vectorbt and by alphapulse sweep, {number} of {ROUNDS}")
        rounds.append((vectorbt(), ours()))
    theirs, own = (min(runs, key=lambda run: run.seconds) for runs in zip(*rounds, strict=True))
    found = Sweeps(own, theirs, rounds[0][0].seconds)
    if found.differing:
        raise Failed(f"{found.differing} of {len(PAIRS):,} pairs of averages have another number of trades")
    return found


def vectorbt() -> Swept:
    """By vectorbt, its import and all that it compiles without keeping it included."""
    given = {"pairs": PAIRS, "begin": BEGIN, "share": SHARE, "budget": BUDGET, "fee": FEE}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bars.npz"
        bars: dict[str, Any] = {name: series(DATASET)[name][:BARS] for name in ("open", "close")}
        np.savez(file, **bars)
        seconds, found = _timed(lambda: VECTORBT.run("vectorbt_sweep", str(file), given=json.dumps(given)))
    return Swept(seconds, json.loads(found)["trades"])


def ours() -> Swept:
    """By the command, with a strategy that is not compiled yet and an engine that is, as after `make setup`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan.toml").write_text(_plan())
        (folder / "bars.csv").write_text(_table())
        kernels = folder / "cache" / "kernels"
        if CACHE.folder is not None:
            (kernels / CACHE.folder.name).mkdir(parents=True)
            for each in CACHE.folder.iterdir():
                if each.name != "strategies":
                    (kernels / CACHE.folder.name / each.name).symlink_to(each)
        seconds, _ = _timed(lambda: _command(folder))
        tries = json.loads((folder / "out" / "sweep.json").read_text())["tries"]
    return Swept(seconds, [one["trades"] for one in tries])


def _command(folder: Path) -> None:
    words = ["sweep", "plan.toml", "bars.csv", "--symbol", SYMBOL, "--workers", str(CORES), "--out", "out"]
    given = os.environ | {"ALPHAPULSE_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "worker", *words]
    if code := subprocess.run(command, cwd=folder, env=given, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Failed(f"alphapulse sweep ended with {code}")


def _plan() -> str:
    """The settings under which both trade alike, and the values of the two that are tried."""
    only: dict[str, Any] = {
        "strategy.file": str(RULES / f"{RULE}.py"),
        "strategy.parameters.begin": int(series(DATASET)["ts"][BEGIN]),
        "strategy.parameters.share": SHARE,
        f"instruments.{SYMBOL}.lot": 1.0,
    }
    only |= {f"{part}.{name}": value for part, values in PROFILE.items() for name, value in values.items()}
    tried = {"fast": sorted({fast for fast, _ in PAIRS}), "slow": sorted({slow for _, slow in PAIRS})}
    lines = [f'"{name}" = {json.dumps([value])}' for name, value in only.items()]
    lines += [f'"strategy.parameters.{name}" = {json.dumps(values)}' for name, values in tried.items()]
    return "\n".join(["[parameters]", *lines, ""])


def _table() -> str:
    """The bars as a file: importing the package of the data set would take longer than reading them."""
    rows = series(DATASET)[:BARS][["ts", *COLUMNS]].tolist()
    return "\n".join([",".join(("ts", *COLUMNS)), *(",".join(map(repr, row)) for row in rows), ""])


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.monotonic()
    found = run()
    return time.monotonic() - begun, found
