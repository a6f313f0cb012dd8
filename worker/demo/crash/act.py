"""The order of events in the crash: a rise, the fall, midnight, the acknowledgement; each is checked."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from aiokafka.admin import AIOKafkaAdminClient

from schemas.portfolio import Portfolio
from worker.demo.crash.fleet import Watched
from worker.demo.crash.market import CRASH, END, MINUTE, NEXT_DAY, SYMBOLS, Market, clock, closes
from worker.demo.crash.told import Crash, bars, line, orders
from worker.demo.crash.watch import Minute, Seen, Watch
from worker.demo.screen import Screen
from worker.demo.steps import Steps
from worker.errors import DataError
from worker.kafka.client import client_options
from worker.operate.acts.acknowledgement import acknowledge
from worker.operate.create_topics import create
from worker.sources.publisher import publish_records

JOIN = 90.0  # seconds for the workers and the monitor to start
REACH = 60.0  # seconds for what must come of published bars
FIRST = 9  # bars before the first limits: those older than ten minutes would be too old
PACED, PACE = 3, 1.0  # bars of the crash that come one by one, and seconds between two: 60 times as fast as live ones
UNACKNOWLEDGED = 40  # bars of the next day, in which positions would be opened without the monitor
AT_ONCE = 5  # bars
HINT = "Unset engine.* settings: what the crash does holds for the default ones"


class Act:
    """One run on topics of its own."""

    def __init__(self, admin: AIOKafkaAdminClient, fleet: Watched, steps: Steps, screen: Screen) -> None:
        self._admin, self._fleet, self._steps, self._screen = admin, fleet, steps, screen
        self._settings, self._market = fleet.settings, Market()
        self._watch = Watch(fleet.settings, fleet.look, fleet.logs)
        self._played = 0  # bars

    async def run(self) -> Crash:
        """Run all steps, and return what they showed.

        Raises:
            AlphapulseError: the step at hand failed, or something else happened than it shows.
        """
        async with AsyncExitStack() as stack:
            with self._steps.step("start two workers and the monitor of their risk") as step:
                await create(self._admin, self._settings, risk=True)
                self._fleet.start_all()
                await self._fleet.until_settled(JOIN)
                await stack.enter_async_context(self._watch)
                step.text = "two new workers, and beside them `alphapulse risk`, which watches their portfolio"
            found = await self._rise()
            await self._fall(found)
            await self._wait(found)
            await self._acknowledge(found)
        return found

    @property
    def _seen(self) -> Seen:
        return self._watch.seen

    @property
    def _last(self) -> int:
        return closes(self._played - 1)

    async def _play(self, end: int) -> Portfolio:
        """Publish the bars up to `end`, exclusive; return the step that counts them."""
        records = self._market.bars(self._played, end)
        await publish_records(client_options(self._settings.kafka), self._settings.topics.input, records)
        self._played = end
        otherwise = f"the fleet and its monitor did not reach {clock(self._last)} UTC"
        await self._watch.until(lambda seen: seen.reached(end * SYMBOLS, self._last), REACH, otherwise)
        return self._seen.steps[-1]

    def _line(self) -> str:
        seen = self._seen
        return line(self._last, seen.steps[-1], seen.limits, seen.minutes.get(self._last, Minute()))

    # -- steps

    async def _rise(self) -> Crash:
        with self._steps.step("let the market rise") as step:
            await self._play(FIRST)
            await self._watch.until(_repeated, REACH, "the monitor did not repeat its limits")
            now = await self._play(CRASH)
            opens, held = self._seen.opens(0), len(now.lines)
            step.text = (
                f"{SYMBOLS} symbols rise until {clock(self._last)} UTC: {opens} opens, now {held} positions, "
                f"the day at {now.equity.day_return:+.1%}"
            )
            if not opens or not held or now.blocking:
                raise DataError(f"{step.text}; what blocks: {', '.join(now.blocking) or 'nothing'}", HINT)
        self._screen.say(self._line())
        risk = self._settings.risk
        return Crash(SYMBOLS, held, opens, risk.day_block, risk.day_kill)

    async def _fall(self, found: Crash) -> None:
        lines = []
        with self._steps.step("let the market crash") as step:
            for end in range(CRASH + 1, CRASH + PACED + 1):
                pace = asyncio.create_task(asyncio.sleep(PACE))
                now = await self._play(end)
                lines.append(self._line())
                # The monitor's clock may be ahead of the bars: the bar that is the last when it trips counts.
                if found.tripped_ts == 0 and self._seen.tripped("day"):
                    found.tripped_ts = self._last
                await pace
            if (tripped := self._seen.tripped("day")) is None:
                loss = -now.equity.day_return
                raise DataError(f"the crash took {loss:.1%}, and no limit of the day was passed", HINT)
            found.loss = -tripped.equity.day_return
            self._check_obedience(found)
            step.text = (
                f"a crash takes {found.loss:.1%}, past the day's limits of {found.block_limit:.1%} and "
                f"{found.kill_limit:.1%}: both workers open nothing after {bars(found.bars_to_obey)}"
            )
        for text in lines:
            self._screen.say(text)

    async def _wait(self, found: Crash) -> None:
        with self._steps.step("let midnight pass without an acknowledgement") as step:
            now = await self._play(NEXT_DAY + UNACKNOWLEDGED)
            self._check_obedience(found)  # again: no later bar may be free
            begin = found.tripped_ts + found.bars_to_obey * MINUTE
            found.bars_barred = (self._last - begin) // MINUTE + 1
            found.opens_barred = self._seen.opens(begin - MINUTE)
            self._check(found.opens_barred == 0, f"{found.opens_barred} positions were opened under the limits")
            self._check(bool(now.blocking), "the kill ended without an acknowledgement")
            step.text = f"0 opens in {bars(found.bars_barred)}; midnight ends the day's loss, but not the kill"
        self._screen.say(self._line())

    async def _acknowledge(self, found: Crash) -> None:
        with self._steps.step("acknowledge the kill") as step:
            before = self._last
            await acknowledge(self._settings, "kill", "demo", "the crash of the demo is over")
            await self._watch.until(_lifted, REACH, "the monitor did not lift its limits")
            while not found.opens_after and self._played < END:
                await self._play(min(self._played + AT_ONCE, END))
                found.opens_after = self._seen.opens(before)
            self._check(found.opens_after > 0, "no position was opened after the acknowledgement")
            step.text = (
                f"`alphapulse risk acknowledge kill` lifts it: {found.opens_after} opens by {clock(self._last)} UTC"
            )
        self._screen.say(self._line())

    def _check_obedience(self, found: Crash) -> None:
        found.bars_to_obey = self._seen.bars_to_obey(found.tripped_ts, SYMBOLS)
        self._check(found.bars_to_obey <= 2, "two bars after the limit was passed not all workers obey")

    def _check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise DataError(f"{otherwise}; the monitor says: {orders(self._seen.limits)}", HINT)


def _repeated(seen: Seen) -> bool:
    return any(step.entered.repeated_ms is not None for step in seen.steps)


def _lifted(seen: Seen) -> bool:
    return seen.limits is not None and seen.limits.limits_nothing
