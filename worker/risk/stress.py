"""What shocks would do to the present portfolio: losses, leverage after them, and the limits that would trip."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.settings import EngineSettings
from worker.risk.book.book import Book, Held
from worker.risk.figures.losses import Z_99, product, total
from worker.risk.measure import Measure, Measured
from worker.risk.records.state import Head, restore, return_times
from worker.risk.rules.caps import loads
from worker.risk.rules.desk import ALL
from worker.risk.rules.scale import limited
from worker.risk.rules.stops import passed_by
from worker.risk.rules.trip import Trip
from worker.risk.settings import RiskSettings

EVERYTHING = "all"  # as a name of a shock
WINDOWS = (1, 5, 20)  # rows of returns
Floats = NDArray[np.float64]


class Shock(NamedTuple):
    """Simple returns of the held symbols, (n,), by name of the symbol."""

    name: str
    returns: Floats
    ended_ts: int | None = None  # of a window of the past


class Shocked(NamedTuple):
    """The portfolio after a shock; amounts in its currency."""

    shock: Shock
    losses: Floats  # of each held symbol, (n,); a gain is negative
    loss: float
    equity: float
    measured: Measured
    trips: list[Trip]


class Stress:
    """The portfolio of a stored state. Orders for the next open count as filled, rates of currencies stay.

    Raises:
        DataError: the state is damaged.
    """

    def __init__(self, risk: RiskSettings, engine: EngineSettings, stored: Mapping[str, bytes]) -> None:
        self._risk, self._engine = risk, engine
        book = Book(risk, engine)
        self._head: Head = restore(stored, book)
        self._measure = Measure(risk, book)
        self._ended = return_times(stored, self._head.returns)
        self.held: Held = book.held()
        self._returns = book.returns.of(self.held.slots).returns
        self.now = self.after(Shock("now", np.zeros(len(self.held.symbols))))

    @property
    def ts(self) -> int:
        """The last step of the state, epoch ms UTC."""
        return self._head.ts

    @property
    def symbols(self) -> Sequence[str]:
        """All symbols of the state, held or not."""
        return self._head.symbols

    @property
    def unmodelled(self) -> list[str]:
        """Held symbols with too few returns."""
        return [self.held.symbols[at] for at in self._without().tolist()]

    def past(self, rows: int) -> Shock | None:
        """Return the `rows` returns in a row of the last 512 in which this portfolio would have lost most.

        A symbol with too few returns loses z·σ of its stated volatility. None where there are not as many rows.
        """
        count = len(self._returns) - rows + 1
        if count < 1:
            return None
        grown = np.ones((count, len(self.held.symbols)))
        for at in range(rows):
            grown *= 1.0 + self._returns[at : at + count]
        moves = grown - 1.0
        left = self._without()
        adverse = Z_99 * self.held.sigma[left] * math.sqrt(rows / self._risk.day_returns)
        moves[:, left] = -np.sign(self.held.ordered[left]) * adverse
        worst = int(np.argmin(product(moves, self.held.ordered)))
        row = "row" if rows == 1 else "rows"
        return Shock(f"worst {rows} {row}", moves[worst], self._ended[worst + rows - 1])

    def given(self, name: str, moves: Mapping[str, float]) -> Shock:
        """Return the shock of given simple returns by symbol, group or `all`; the narrowest counts."""
        whole = moves.get(EVERYTHING, 0.0)
        found = [
            moves.get(symbol, whole if group is None else moves.get(group, whole))
            for symbol, group in zip(self.held.symbols, self.held.groups, strict=True)
        ]
        return Shock(name, np.array(found, np.float64))

    def after(self, shock: Shock) -> Shocked:
        """Revalue the portfolio."""
        losses = -self.held.ordered * shock.returns
        loss = total(losses)
        account = msgspec.structs.replace(self._head.account, equity=self._head.account.equity - loss)
        factors = 1.0 + shock.returns
        held = self.held._replace(held=self.held.held * factors, ordered=self.held.ordered * factors)
        measured = self._measure.of(held, account.equity)
        trips = [
            Trip(rule, ALL, figure, limit, account.equity)
            for rule, figure, limit in limited(measured.loads, self._risk)
            if figure > limit
        ]
        over = {(one.rule, one.name): one for one in loads(measured, self._risk) if one.figure > one.limit}
        trips += [Trip(one.rule, one.name, one.figure, one.limit, account.equity) for one in over.values()]
        if -account.day_return >= self._risk.day_block:
            trips.append(Trip("day_block", ALL, -account.day_return, self._risk.day_block, account.day_base))
        if account.drawdown >= self._risk.drawdown_soft:
            trips.append(Trip("drawdown_soft", ALL, account.drawdown, self._risk.drawdown_soft, account.peak))
        trips += passed_by(account, self._risk).values()
        return Shocked(shock, losses, loss, account.equity, measured, trips)

    def by_group(self, losses: Floats) -> dict[str, float]:
        """Return the loss of each group, by name."""
        names = sorted({group for group in self.held.groups if group is not None})
        return {
            name: total(losses[[at for at, group in enumerate(self.held.groups) if group == name]]) for name in names
        }

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Return the names that are neither `all`, nor a symbol of the state, nor a group of the settings."""
        groups = {one.group for one in self._engine.instruments.values()}
        return [name for name in names if name != EVERYTHING and name not in self.symbols and name not in groups]

    def _without(self) -> NDArray[np.int64]:
        modelled = self._measure.of(self.held, self._head.account.equity).model.modelled
        return np.setdiff1d(np.arange(len(self.held.symbols)), modelled)
