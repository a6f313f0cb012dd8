"""The sentence: what is wrong and the one thing to do, the worst first; else that trading goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.gateway.resources.status import Said
from worker.gateway.status.facts import Facts

BROKER = 5.0  # seconds without an answer
UNREST = 3.0  # seconds of a rebalance that are none to speak of
LAG = 60.0  # seconds
REJECTED = 0.05
ASK = "Check that the gateway may describe the group and the input (docs/operations, Access control)"
FEW = 20  # rejections from which on their share says something
SHOWN = 4  # partitions in a sentence
_RANK = {"bad": 0, "warn": 1, "ok": 2}


def judge(facts: Facts) -> list[Said]:
    """Return everything that is wrong, the worst first; one line with the level ok if nothing is."""
    found = sorted(_problems(facts), key=lambda said: _RANK[said.level])
    return found or [Said("ok", well(facts), None)]


def _problems(facts: Facts) -> Iterator[Said]:
    if facts.silent_s > BROKER:
        cause = f" ({facts.problem})" if facts.problem else ""
        yield Said(
            "bad",
            f"The brokers have given no answer for {_span(facts.silent_s)}: everything here is as old",
            f"Check that the brokers run and can be reached{cause}",
        )
    if facts.lost:
        yield Said(
            "bad",
            f"{_count(facts.lost, 'record')} without an outcome: {facts.missing}",
            "Run `alphapulse verify`, and look into the logs of the workers",
        )
    if facts.kill:
        yield Said(
            "bad",
            "The kill is in force: all positions are being closed, and none is opened",
            "Acknowledge it, or lift the operator's limit, once its cause is gone",
        )
    if facts.known:
        yield from _of_group(facts)
        yield from _of_lag(facts)
    elif facts.unseen_s <= BROKER:
        yield Said("warn", "The fleet has not been looked at yet", None)
    elif facts.silent_s <= BROKER:
        why = facts.problem or "the brokers give no answer about its group"
        yield Said("warn", f"For {_span(facts.unseen_s)} nothing is known of the workers: {why}", ASK)
    yield from _of_risk(facts)
    if facts.rejected_share is not None and facts.rejected_share > REJECTED and facts.rejected >= FEW:
        yield Said(
            "warn",
            f"{100 * facts.rejected_share:.1f} % of the records of the last 10 minutes were rejected",
            "See on the page of data quality which codes and partitions they have",
        )


def _of_group(facts: Facts) -> Iterator[Said]:
    if not facts.workers:
        waiting = f", and {_wait(facts)}" if facts.lag_records else ""
        yield Said("bad", f"No worker runs{waiting}", "Start one: `alphapulse worker`")
    elif facts.group_state != "Stable":
        if facts.unrest_s > UNREST:
            yield Said(
                "warn",
                f"The group has been rebalancing for {_span(facts.unrest_s)}: no partition is worked on",
                "Wait; if it goes on, look for a worker that starts and ends again and again",
            )
    elif facts.unowned:
        owned = "no worker" if facts.workers < facts.partitions else "no worker yet"
        yield Said(
            "bad",
            f"{_named(facts.unowned)} {_has(facts.unowned)} {owned}: the process that had {_it(facts.unowned)} is gone",
            "Wait for the group to notice (processing.session_timeout_ms), and start another worker",
        )
    if facts.stalled:
        yield Said(
            "bad",
            f"{_named(facts.stalled)} {_stands(facts.stalled)} still while {_wait(facts)}",
            "Look into the log of the owner, which the page of the fleet names",
        )
    if facts.restoring:
        parts = [one.partition for one in facts.restoring]
        shares = [one.share for one in facts.restoring if one.share is not None]
        done = f", {100 * min(shares):.0f} % done" if shares else ""
        yield Said("warn", f"{_named(parts)} {'restores' if len(parts) == 1 else 'restore'} state{done}", None)


def _of_lag(facts: Facts) -> Iterator[Said]:
    if facts.lag_seconds <= LAG or not facts.workers:
        return
    behind = f"Decisions are {_span(facts.lag_seconds)} behind"
    if not facts.lag_grows:
        yield Said("warn", f"{behind} and catching up, {_wait(facts)}", None)
    elif facts.workers < facts.partitions:
        yield Said("warn", f"{behind} and fall further back", f"Start more workers, up to {facts.partitions}")
    else:
        yield Said(
            "warn", f"{behind} and fall further back", "Give the workers more CPU: each partition has one already"
        )


def _of_risk(facts: Facts) -> Iterator[Said]:
    if facts.monitor == "silent":
        yield Said(
            "warn",
            f"The portfolio's monitor has been silent for {_span(facts.monitor_behind_s)}: its limits grow stale",
            "Start `alphapulse risk`, or look into its log",
        )
    blind = [why.removeprefix("blind: ") for why in facts.blocking if why.startswith("blind: ")]
    others = [why for why in facts.blocking if not why.startswith(("blind: ", "kill: "))]
    if blind:
        yield Said(
            "warn",
            f"Nothing is opened, since the monitor is blind: {'; '.join(blind)}",
            "Acknowledge unreadable decisions" if any("unreadable" in why for why in blind) else "Mend what is missing",
        )
    if others:
        yield Said("warn", f"Nothing is opened: {'; '.join(others)}", "See the page of risk")


def well(facts: Facts) -> str:
    """Return the sentence of a fleet in good health; that nothing is lost only where numbers were compared."""
    parts = ["Trading normally" if facts.decisions_per_s else "All is well, and no bars come"]
    parts.append(_count(facts.workers, "worker"))
    if facts.decisions_per_s:
        rate = facts.decisions_per_s
        parts.append(f"{rate:,.0f} decisions/s" if rate >= 10 else f"{rate:.1f} decisions/s")
    if facts.p99_ms is not None:
        parts.append(f"p99 {facts.p99_ms:,.0f} ms")
    if facts.sequences:
        parts.append("nothing lost")
    return ", ".join(parts)


def _named(partitions: Sequence[int]) -> str:
    shown = [str(one) for one in partitions[:SHOWN]]
    more = len(partitions) - len(shown)
    if len(partitions) == 1:
        return f"Partition {shown[0]}"
    if more:
        return f"Partitions {', '.join(shown)} and {more} more"
    return f"Partitions {', '.join(shown[:-1])} and {shown[-1]}"


def _has(partitions: Sequence[int]) -> str:
    return "has" if len(partitions) == 1 else "have"


def _it(partitions: Sequence[int]) -> str:
    return "it" if len(partitions) == 1 else "them"


def _stands(partitions: Sequence[int]) -> str:
    return "stands" if len(partitions) == 1 else "stand"


def _wait(facts: Facts) -> str:
    return f"{_count(facts.lag_records, 'record')} {'waits' if facts.lag_records == 1 else 'wait'}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"
