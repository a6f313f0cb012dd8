"""Whether anything but the bars reaches the step: clock, chance, files, the machine's library, what globals keep."""

from __future__ import annotations

from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.kept import kept, line_of
from worker.strategy.checking.playing.outside import Looks, listening, watched
from worker.strategy.checking.playing.play import play
from worker.strategy.checking.report import Fault, Found
from worker.strategy.running.interpreted import Interpreted

MOST = 60  # characters of what a global holds
FIX = "`c` has all that a step may read, and State all that it may keep"


def outside(desk: Desk) -> Found:
    """Play the market with every look outside noted."""
    source = desk.subject.source()
    looks = Looks(str(source.file))
    with listening(looks):
        found = desk.subject.define(watched(desk.subject.source(), looks))
        play(desk.settings, Interpreted(found), desk.market)
    return Found([Fault(text, line, FIX) for line, text in sorted(looks.seen)])


def keeping(desk: Desk) -> Found:
    """Play the market, and compare what globals, classes and defaults hold before and after."""
    found = desk.subject.define()
    before = kept(found.source)
    play(desk.settings, Interpreted(found), desk.market)
    after = kept(found.source)
    faults = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, "nothing"), after.get(name, "nothing")
        if was != now:
            text = f"{name} has changed while it played, from {_short(was)} to {_short(now)}: a restart would lose it"
            faults.append(Fault(text, line_of(name, found.source), "Declare it in State, or in Memory of observe"))
    return Found(faults)


def _short(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}…"
