"""The monitor of the portfolio: decisions in, and for each step of event time the bytes that it writes.

It has no clock: all that enters a step beside the decisions stands in the step's record, so that a replay from the
recorded cuts repeats every byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas.control import Control
from schemas.portfolio import Entered, Portfolio, Written
from worker.engine.settings import EngineSettings
from worker.risk.book.account import Account
from worker.risk.book.book import Book
from worker.risk.measure import Measure
from worker.risk.records.portfolio import Step, record
from worker.risk.records.state import FORMAT, Blocks, Head, records, restore
from worker.risk.rules.desk import Desk
from worker.risk.rules.limits import NONE, has_limits, only_carries_action, stricter
from worker.risk.rules.overlay import Overlay
from worker.risk.rules.rules import Rules, Seen, Wanted
from worker.risk.settings import RiskSettings

OPERATOR = "operator"
_encode = msgspec.json.Encoder().encode


class Output(NamedTuple):
    """What one step writes, in one transaction."""

    portfolio: bytes
    controls: list[tuple[str, bytes | None]]  # None removes the key
    state: list[tuple[str, bytes]]  # changed records, `head` last


class Monitor:
    """One portfolio. `stored` is the newest record of each key of its state; without it the monitor begins.

    Raises:
        DataError: the stored state is damaged.
    """

    def __init__(
        self, risk: RiskSettings, engine: EngineSettings, partitions: int, stored: Mapping[str, bytes] | None = None
    ) -> None:
        self._risk = risk
        self.book = Book(risk, engine)
        account = Account(risk.capital, risk.capital)
        self._head = Head(FORMAT, 0, 0, [0] * partitions, account, Rules(), Overlay(), Desk(), 0, 0, [], [])
        self._blocks = Blocks()
        if stored:
            self._head = restore(stored, self.book)
            self._blocks.changed(self.book)
        self._measure = Measure(risk, self.book)
        self._shown = [0] * len(self._head.cut)  # close of each partition's last decision
        self._unread = 0  # unreadable decisions since the last step
        self._count()

    @property
    def ts(self) -> int:
        """The last step; 0 before the first."""
        return self._head.ts

    @property
    def number(self) -> int:
        """The number of the last record; 0 before the first."""
        return self._head.number

    @property
    def cut(self) -> list[int]:
        """First offset of each partition that was not taken."""
        return list(self._head.cut)

    def take(self, partition: int, offset: int, value: bytes) -> int | None:
        """Take the next decision of a partition; offsets ascend, those below the cut count already.

        Return the close of its bar, None where the bytes are no decision or count already.
        """
        if offset < self._head.cut[partition]:
            return None
        self._head.cut[partition] = offset + 1
        if not self.book.take(offset, value, partition):
            self._unread += 1
            return None
        close_ts = self._shown[partition] = self.book.waiting[-1].decided.close_ts
        self._waits[partition] += 1
        return close_ts

    def waits(self, partition: int) -> int:
        """Return how many decisions of a partition were taken and not counted yet."""
        return self._waits[partition]

    def future(self, horizon: int) -> list[int]:
        """Return how many of them are from behind `horizon`, by partition."""
        found = Counter(one.partition for one in self.book.waiting if one.decided.close_ts > horizon)
        return [found[partition] for partition in range(len(self._head.cut))]

    @property
    def usual(self) -> int:
        """How many decisions a step has, as the bars seen so far tell; 0 before the first step."""
        return self._usual

    def next(self) -> int | None:
        """Return the earliest step that a decision waits for, None where none waits."""
        if not self.book.waiting:
            return None
        earliest = min(one.decided.close_ts for one in self.book.waiting)
        return self.step_of(earliest)

    @property
    def late(self) -> bool:
        """Whether a decision of the last step or of one before it waits."""
        return bool(self.late_from())

    def late_from(self) -> set[int]:
        """Return the partitions of which such decisions wait, -1 for those in a state of a former release."""
        return {one.partition for one in self.book.waiting if one.decided.close_ts <= self.ts}

    def on_time(self, ts: int) -> bool:
        """Return whether a decision of step `ts` waits that is not late, but of a later step than the last one."""
        return any(self.ts < one.decided.close_ts <= ts for one in self.book.waiting)

    def step_of(self, close_ts: int) -> int:
        """Return the step that a decision counts in."""
        length = self._risk.step_ms
        return max(self.ts + length, -(-close_ts // length) * length)

    def due(self, ended: Sequence[bool], horizon: int | None = None) -> int | None:
        """Return the step that is due, None for none.

        Every partition has shown a decision of it or is read to its end. Steps without a new decision are left out. A
        step behind `horizon`, the present time, is of a wrong clock. The last step is due again where a decision came
        that can't be read.
        """
        ts = self.next()
        if ts is None:
            return self.ts if self._unread and self._head.number else None
        if horizon is not None and ts > horizon:
            return None
        shown = all(end or close_ts >= ts for end, close_ts in zip(ended, self._shown, strict=True))
        return ts if shown else None

    def advance(self, ts: int, entered: Entered | None = None) -> Output:
        """Count what was taken up to step `ts`; the last step again lets in what entered since, and late decisions."""
        entered = entered or Entered()
        head, account, rules = self._head, self._head.account, self._head.rules
        moved = ts != head.ts
        assert ts % self._risk.step_ms == 0, "steps lie on their grid"
        assert ts > head.ts or (ts == head.ts and head.number), "event time goes forward"
        counts = moved or entered.late
        rows = self.book.advance(head.ts, ts) if moved else []
        if counts and not moved:
            self.book.catch_up(ts)
        self._count()
        result = self.book.result()
        if counts:
            equity = self._risk.capital + (result.realised + result.unrealised)
            account.advance(ts, equity, result.filled, result.suspect)
        self._enter(ts, entered)
        measured = self._measure.at(account)
        if moved:
            trips = rules.advance(ts, measured, account, self._risk)
        else:  # an acknowledgement ends a kill at once, though no decision comes
            trips = rules.stops.advance(ts, account, self._risk)
        account.var = measured.losses.larger.var
        seen = Seen(ts, self.book.silent(ts), entered.lagging, head.unreadable)
        wanted = self._overlaid(rules.wanted(seen, measured, account, self._risk), ts)
        if moved and len(self.book.hashes) > 1:
            wanted.warnings.append("config_hash")
        if result.suspect:
            wanted.warnings.append("level_shift")
        controls = self._controls(ts, wanted, entered)
        head.number, head.ts, head.returns = head.number + 1, ts, self.book.returns.count
        head.symbols = self.book.holdings.symbols
        # In which order partitions were read is chance; that of a symbol's decisions is not.
        head.waiting = sorted(self.book.waiting, key=lambda one: (one.decided.symbol, one.offset))
        written = [Written(key, control.version if control else None) for key, control in controls]
        step = Step(head.number, ts, self.cut, entered, head.unreadable)
        found = record(step, measured, account, result, wanted, trips, rules.scale.multiplier, written)
        return Output(
            _encode(found),
            [(key, _encode(control) if control else None) for key, control in controls],
            records(head, rows, self._blocks.changed(self.book)),
        )

    def _count(self) -> None:
        found = Counter(one.partition for one in self.book.waiting)
        self._waits = [found[partition] for partition in range(len(self._head.cut))]
        self._usual = self.book.usual(self._risk.step_ms)

    def _enter(self, ts: int, entered: Entered) -> None:
        head = self._head
        for operated in entered.controls:
            key, control = operated.key, operated.control
            if not has_limits(key):
                continue
            if control is not None and only_carries_action(control):
                head.desk.passed(control)
                continue
            head.overlay.put(key, control)
            head.desk.seen(ts, key, control)
        if "kill" in entered.acknowledged:
            head.rules.stops.acknowledge(head.account)
        if "unreadable" in entered.acknowledged:
            head.unreadable = 0  # those of this step were not known yet
        head.unreadable += self._unread
        self._unread = 0

    def _overlaid(self, wanted: Wanted, ts: int) -> Wanted:
        for key, limits in self._head.overlay.at(ts, self._risk.step_ms).items():
            wanted.limits[key] = stricter(wanted.limits.get(key, NONE), limits)
            if limits != NONE:
                wanted.reasons[key] = "; ".join(filter(None, (wanted.reasons.get(key), OPERATOR)))
        return wanted

    def _controls(self, ts: int, wanted: Wanted, entered: Entered) -> list[tuple[str, Control | None]]:
        desk = self._head.desk
        written = desk.write(ts, wanted.limits, wanted.reasons)
        gone: list[str] = []
        if entered.repeated_ms is not None:
            again, gone = desk.repeat(ts, written)
            written = sorted([*written, *again], key=lambda control: control.key)
        return [*((control.key, control) for control in written), *((key, None) for key in gone)]


def replay(
    monitor: Monitor, steps: Iterable[Portfolio], partitions: Sequence[Sequence[tuple[int, bytes]]]
) -> Iterator[Output]:
    """Yield what the monitor writes at recorded steps.

    `partitions` hold (offset, value) of their decisions, by offset.
    """
    places = [0] * len(partitions)
    for step in steps:
        for partition, (decisions, end) in enumerate(zip(partitions, step.cut, strict=True)):
            while places[partition] < len(decisions) and decisions[places[partition]][0] < end:
                monitor.take(partition, *decisions[places[partition]])
                places[partition] += 1
        yield monitor.advance(step.ts, step.entered)
