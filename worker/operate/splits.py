"""The announcement of a split on the control topic, for `alphapulse control split`."""

from __future__ import annotations

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import Control
from schemas.control import CorporateAction
from worker.errors import ConfigError
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.seams import start_consumer, stop_consumer
from worker.kafka.topics import describe
from worker.operate.acts.intent import Intent
from worker.operate.backlog import Line, newest
from worker.operate.controls import Entry, changed, check_key
from worker.settings import Settings
from worker.stream.output.builder import rfc3339
from worker.stream.state.placement import home


class _Decided(msgspec.Struct):
    symbol: str
    ts: int


_decode = msgspec.json.Decoder(_Decided).decode


async def announcement(settings: Settings, symbol: str, action: CorporateAction, reason: str, replace: bool) -> Intent:
    """Return the act that announces a corporate action on a symbol's newest record.

    Its control raises ConfigError where a bar from the action's time on is already decided, or another action of the
    symbol has not taken effect.

    Raises:
        ConfigError, NotPermitted: the decisions can't be read.
    """
    decided = await newest_decided(settings, symbol)

    def follow(found: Entry | None) -> Control:
        return following(found and found.control, symbol, action, decided, reason, replace)

    return Intent("corporate_action", symbol, reason, follow)


def following(
    before: Control | None, symbol: str, action: CorporateAction, decided: int | None, reason: str, replace: bool
) -> Control:
    """Return the record that follows `before` with a corporate action; `decided` is the newest decided time.

    Raises:
        ConfigError: as the control of `announcement`.
    """
    if decided is not None and decided >= action.ex_ts:
        raise ConfigError(
            f"the bar of {symbol} at {rfc3339(decided)} is already decided: a split at {rfc3339(action.ex_ts)} would "
            "do nothing",
            "Give --ex the first bar at the new prices. Where that is past, three bars that agree become the new level",
        )
    waiting = before and before.corp_action
    if waiting and waiting != action and (decided is None or decided < waiting.ex_ts) and not replace:
        raise ConfigError(
            f"{symbol} waits for another split, at {rfc3339(waiting.ex_ts)} with price factor {waiting.price_factor:g}",
            "Give --replace to announce this one in its place",
        )
    fields = {"corp_action": action, "reason": reason}
    return changed(before, symbol, before.effective_ts if before else 0, fields)


def check_symbol(symbol: str) -> None:
    """Refuse what is no symbol.

    Raises:
        ConfigError: no bar can have it, or it stands for all.
    """
    check_key(symbol)
    if symbol == "*":
        raise ConfigError("* stands for all symbols, and a split is of one", "Name the symbol")


async def newest_decided(settings: Settings, symbol: str) -> int | None:
    """Return the time of the newest decision of a symbol, epoch ms UTC; None where there is none.

    Reads backwards that partition alone on which its decisions are.

    Raises:
        ConfigError: the topic of decisions does not exist.
    """
    topic = settings.topics.output
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, (topic,))
    if topic not in found:
        raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    tp = TopicPartition(topic, home(symbol.encode(), found[topic].partitions))
    consumer = AIOKafkaConsumer(**client_options(settings.kafka), group_id=None, isolation_level="read_committed")
    await start_consumer(consumer)
    try:
        ends = await consumer.end_offsets([tp])
        lines = await newest(consumer, ends, 1, lambda line: _is_of(symbol, line))
    finally:
        await stop_consumer(consumer)
    return _decode(lines[-1].value).ts if lines else None


def _is_of(symbol: str, line: Line) -> bool:
    try:
        return _decode(line.value).symbol == symbol
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
