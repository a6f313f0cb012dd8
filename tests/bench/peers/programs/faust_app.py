"""faust-streaming: one agent, taking events in batches where there is no state; windows in a table with changelog."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import faust

from tests.bench.peers.programs.arguments import Arguments, arguments
from tests.bench.peers.programs.rolling import checked, window, z_score


def application(given: Arguments) -> faust.App:
    """The app with its agent."""
    app = faust.App(
        given.group,
        broker=f"kafka://{given.bootstrap}",
        store="memory://",
        topic_partitions=4,
        topic_replication_factor=1,
        processing_guarantee="exactly_once" if given.exactly_once else "at_least_once",
        consumer_auto_offset_reset=given.reset,
        broker_max_poll_records=5_000,
        datadir=given.folder,
        stream_wait_empty=False,
        stream_buffer_maxsize=16_384,
        producer_linger=0.01,
        web_enabled=False,
    )
    bars = app.topic(given.input, key_type=bytes, key_serializer="raw", value_serializer="json")
    outputs = app.topic(given.output, key_type=bytes, key_serializer="raw", value_serializer="json")
    if given.rolling:
        _rolling(app, bars, outputs)
    else:
        _stateless(app, bars, outputs)
    return app


def _stateless(app: faust.App, bars: Any, outputs: Any) -> None:
    @app.agent(bars)
    async def check(stream: Any) -> None:
        async for events in stream.take_events(1_000, within=0.1):
            await asyncio.gather(*(outputs.send(key=event.key, value=checked(event.value)) for event in events))


def _rolling(app: faust.App, bars: Any, outputs: Any) -> None:
    windows = app.Table("windows", default=window, partitions=4, key_type=str)

    # One by one: a table learns the partition of its changelog from the event in hand.
    @app.agent(bars)
    async def check(stream: Any) -> None:
        async for key, bar in stream.items():
            kept = windows[bar["symbol"]]
            score = z_score(kept, bar["close"])
            windows[bar["symbol"]] = kept
            await outputs.send(key=key, value=checked(bar) | {"z": score})


def main() -> None:
    """Until SIGTERM."""
    app = application(arguments())
    sys.argv = [sys.argv[0], "worker", "--loglevel", "warn", "--without-web"]
    app.main()


if __name__ == "__main__":
    main()
