"""aiokafka as one writes it first: getmany, json, `await send` for each record, commit; windows in memory only."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.peers.programs.arguments import Arguments, arguments
from tests.bench.peers.programs.rolling import checked, window, z_score


async def run(given: Arguments) -> None:
    """At least once, for ever."""
    consumer = AIOKafkaConsumer(
        given.input,
        bootstrap_servers=given.bootstrap,
        group_id=given.group,
        auto_offset_reset=given.reset,
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=given.bootstrap, acks="all", linger_ms=5)
    windows: dict[str, dict[str, Any]] = defaultdict(window)
    await consumer.start()
    await producer.start()
    while True:
        sent = []
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                bar = json.loads(record.value or b"")
                output = checked(bar)
                if given.rolling:
                    output["z"] = z_score(windows[bar["symbol"]], bar["close"])
                sent.append(await producer.send(given.output, json.dumps(output).encode(), record.key))
        if sent:
            await asyncio.gather(*sent)
            await consumer.commit()


if __name__ == "__main__":
    asyncio.run(run(arguments()))
