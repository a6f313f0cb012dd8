"""The recipes for kcat in docs/operations.md work as printed, in their order, on the topics of a fleet."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.fleet import Fleet
from tests.support.ticks import group_settings, make_topics, publish, ticks

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed (Debian: kcat)"),
]
PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def recipes() -> list[str]:
    """The blocks of that section, comments left out; the first sets `B`."""
    section = PAGE.read_text().partition("## Looking at topics with kcat\n")[2].partition("\n## ")[0]
    blocks = [re.sub(r" +# .*$", "", block, flags=re.MULTILINE) for block in BLOCK.findall(section)]
    assert len(blocks) == 2
    return blocks


def shell(script: str) -> str:
    """What a script prints."""
    return subprocess.run(["bash", "-euc", script], stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout


async def test_the_recipes_work(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=4)
    await make_topics(settings)
    await publish(settings, ticks(200, 10, seed=3))
    names = {
        "B=127.0.0.1:9092": f"B={broker.bootstrap}",
        "worker.state.alphapulse": settings.state_topic,
        "-t decisions": f"-t {settings.topics.output}",
        "ticks.rejected": settings.topics.rejections,
        "ticks.raw": settings.topics.input,
    }
    look, send = recipes()
    for printed, ours in names.items():
        assert printed in look + send, printed
        look, send = look.replace(printed, ours), send.replace(printed, ours)
    async with Fleet(settings, tmp_path) as fleet:
        await fleet.started("worker")
        await asyncio.to_thread(shell, f"{look.splitlines()[0]}\n{send}\n{send}")  # the second is a duplicate
        await fleet.caught_up()
        await fleet.stop()
    head, *commands = look.splitlines()
    seen = [await asyncio.to_thread(shell, f"{head}\n{command}") for command in commands]
    topics, decisions, whole, rejected, state = seen
    assert settings.topics.output in topics
    values = [line.split(" ", 3) for line in decisions.splitlines()]
    assert all(json.loads(value)["symbol"] == key for _, _, key, value in values)
    assert "AAPL" in {key for _, _, key, _ in values}
    assert "ce_id" in json.loads(whole)["headers"]
    assert "alphapulse.reason" in rejected or "ce_id=" in rejected
    assert any(line.startswith("AAPL ") for line in state.splitlines())
