"""`alphapulse risk show` and `alphapulse risk acknowledge`, beside a monitor that runs."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from schemas.portfolio import Portfolio
from tests.integration.conftest import Bootstrap
from tests.support.commands import command
from tests.support.fleet import until
from tests.support.kafka import produce, read_partition
from tests.support.portfolio import MINUTE, START, decision
from tests.support.risk import Monitors, assert_exactly_once, make_risk_topics, reached, risk_settings, steps
from worker.errors import Exit
from worker.risk.settings import DAY_MS
from worker.settings import Settings

pytestmark = pytest.mark.kafka


async def decide(settings: Settings, value: bytes, close_ts: int) -> None:
    await produce(settings.kafka.bootstrap_servers, settings.topics.output, [(0, b"A", value, close_ts)])


async def last(settings: Settings) -> Portfolio:
    return (await steps(settings))[-1]


async def acknowledged(settings: Settings, subject: str) -> None:
    """Acknowledge, and wait until it has entered a step."""
    done = command(settings, "risk", "acknowledge", subject, "--reason", "looked at", "--who", "ann", "--json")
    assert done.code == Exit.OK, done.err
    act = msgspec.json.decode(done.out)
    assert (act["topic"], act["subject"], act["who"], act["reason"]) == (
        settings.topics.acts,
        subject,
        "ann",
        "looked at",
    )

    async def holds() -> bool:
        return any(subject in step.entered.acknowledged for step in await steps(settings))

    await until(holds, 20, f"{subject} acknowledged")


async def test_what_blocks_is_shown_and_acknowledged(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(broker.bootstrap, topic_prefix, partitions=1)
    assert command(settings, "risk", "show").code == Exit.CONFIG
    refused = command(settings, "risk", "acknowledge", "kill", "--reason", "none")
    assert (refused.code, f"the topic {settings.topics.acts} does not exist" in refused.sentence) == (Exit.CONFIG, True)
    await make_risk_topics(settings)
    nothing = command(settings, "risk", "show", "--json")
    assert (nothing.code, nothing.out) == (Exit.OK, "null\n")
    assert "has taken no step" in command(settings, "risk", "show").err
    empty = command(settings, "risk", "acknowledge", "kill", "--reason", "")
    assert (empty.code, "the acknowledgement is invalid" in empty.sentence) == (Exit.CONFIG, True)
    async with Monitors(settings, tmp_path) as fleet:
        await fleet.owner("monitor")
        await decide(settings, decision("A", START, 100.0), START + MINUTE)
        await decide(settings, decision("A", START + MINUTE, 100.0, realised=-1_000.0), START + 2 * MINUTE)
        await reached(settings, START + 2 * MINUTE)
        shown = command(settings, "risk", "show")
        assert "nothing is opened: kill: day; loss of the day" in shown.out
        assert "loss of the day 5.00% 3.00% 167%" in " ".join(shown.out.split())
        assert "equity 19,000.00 USD" in shown.out
        assert msgspec.json.decode(command(settings, "risk", "show", "--json").out, type=Portfolio).trips
        await acknowledged(settings, "kill")
        assert "kill: day" in (await last(settings)).blocking  # until the day has ended, too
        await decide(settings, decision("A", START + DAY_MS, 100.0, realised=-1_000.0), START + DAY_MS + MINUTE)
        await reached(settings, START + DAY_MS + MINUTE)
        assert (await last(settings)).blocking == []

        await decide(settings, b"{", START + DAY_MS + 2 * MINUTE)

        async def blind() -> bool:
            return (await last(settings)).unreadable == 1

        await until(blind, 20, "the unreadable decision counted")
        assert "1 decisions can't be read" in command(settings, "risk", "show").out
        await acknowledged(settings, "unreadable")
        assert (await last(settings)).blocking == []
        await fleet.stop()
    found = await assert_exactly_once(settings)
    assert [one for step in found for one in step.entered.acknowledged] == ["kill", "unreadable"]
    acts = await read_partition(broker.bootstrap, settings.topics.acts, 0)
    assert [act.key for act in acts] == [b"kill", b"unreadable"]
