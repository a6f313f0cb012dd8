"""What a killed fleet publishes is what a backtest writes, from a file and from the topic itself, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.parity import Values, backtested, differing, live
from tests.support.strategies import PAIR, STRATEGIES
from tests.support.ticks import group_settings, ticks
from worker.settings import Settings
from worker.sources.record import Record
from worker.sources.recording import write_recording

pytestmark = pytest.mark.kafka

TICKS, SYMBOLS, SEED = 8_000, 40, 21


def by_symbol(values: Values) -> Values:
    """The same, symbols in another order: a topic is read partition by partition."""
    return Values(*(sorted(lines) for lines in values))


async def test_live_is_backtest(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings: Settings = group_settings(broker.bootstrap, topic_prefix, max_batch_records=200)
    records = ticks(TICKS, SYMBOLS, SEED)
    wanted = await live(settings, records, tmp_path, seconds=60)
    assert len(wanted.decisions) + len(wanted.rejections) == len(records)
    assert wanted.rejections
    recording = tmp_path / "ticks.jsonl"
    write_recording(records, recording)
    assert differing(backtested(settings, [recording], tmp_path / "file"), wanted) == 0
    topic = backtested(settings, ["--topic", settings.topics.input], tmp_path / "topic", workers=1)
    assert differing(by_symbol(topic), by_symbol(wanted)) == 0


@pytest.mark.parametrize("mode", ["compiled", "python"])
async def test_live_is_backtest_with_a_strategy(
    mode: str, broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    """Its state, indicators and orders of its own survive the kill."""
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["rolling"])
    settings = group_settings(broker.bootstrap, topic_prefix, max_batch_records=200)
    settings = settings.model_copy(update={"engine": {"strategy": {"file": str(file), "mode": mode}}})
    records = ticks(TICKS, SYMBOLS, SEED)
    wanted = await live(settings, records, tmp_path, seconds=60)
    recording = tmp_path / "ticks.jsonl"
    write_recording(records, recording)
    assert differing(backtested(settings, [recording], tmp_path / "file"), wanted) == 0
    assert (
        sum(b'"strategy":{"id":"own_window","version":1,"status":"ok"' in line for line in wanted.decisions) > TICKS / 2
    )


def joined(records: list[Record]) -> list[Record]:
    """The same ticks with numbers of another market; some have none, and some no numbers."""
    found = []
    for n, record in enumerate(records):
        other = b',"other":%.4f' % (50 + n * 7 % 31 / 9)
        if n % 20 == 0:
            other = (b"", b',"other":null', b',"other":"?"')[n % 3]
        value = record.value[:-1] + other + b',"funding":%.5f}' % (n % 13 / 1e4)
        found.append(record._replace(value=value) if record.value.endswith(b"}") else record)
    return found


async def test_live_is_backtest_with_extra_columns(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    """What it keeps of them survives the kill: it stands in the log."""
    file = tmp_path / "own.py"
    file.write_text(PAIR)
    settings = group_settings(broker.bootstrap, topic_prefix, max_batch_records=200)
    engine = {"ingestion": {"extra": ["funding", "other"]}, "strategy": {"file": str(file)}}
    settings = settings.model_copy(update={"engine": engine})
    records = joined(ticks(TICKS, SYMBOLS, SEED))
    wanted = await live(settings, records, tmp_path, seconds=60)
    recording = tmp_path / "ticks.jsonl"
    write_recording(records, recording)
    assert differing(backtested(settings, [recording], tmp_path / "file"), wanted) == 0
    asked = [line for line in wanted.decisions if b'"strategy":{"id":"pair","version":1,"status":"ok"' in line]
    assert len(asked) > TICKS / 4
    assert sum(b'"other":null' in line for line in asked) > len(asked) / 50
    assert sum(b'"action":"open_long"' in line for line in asked) > 10
