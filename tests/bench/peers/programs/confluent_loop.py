"""confluent-kafka by hand: a consume, process, produce loop with typed JSON by msgspec; windows in memory only."""

from __future__ import annotations

import signal
import time
from collections import defaultdict
from typing import Any

import msgspec
from confluent_kafka import Consumer, Message, Producer

from tests.bench.peers.programs.arguments import Arguments, arguments
from tests.bench.peers.programs.rolling import consistent, window, z_score

COMMIT_S = 0.1
LINGER_MS = 5


class Bar(msgspec.Struct, gc=False):
    """What is read of a bar."""

    symbol: str
    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Checked(msgspec.Struct, gc=False, omit_defaults=True):
    """What is written."""

    symbol: str
    ts: int
    close: float
    ok: bool
    z: float | None = None


class Loop:
    """One consumer and one producer; everything processed is committed every 100 ms."""

    def __init__(self, given: Arguments, linger_ms: int = LINGER_MS) -> None:
        self._given, self._running, self._open = given, True, False
        self._windows: dict[str, dict[str, Any]] = defaultdict(window)
        self._decode, self._encode = msgspec.json.Decoder(Bar).decode, msgspec.json.Encoder().encode
        self._consumer = Consumer(
            {
                "bootstrap.servers": given.bootstrap,
                "group.id": given.group,
                "auto.offset.reset": given.reset,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "isolation.level": "read_committed",
            }
        )
        own = {"transactional.id": given.group} if given.exactly_once else {}
        self._producer = Producer(
            {
                "bootstrap.servers": given.bootstrap,
                "partitioner": "murmur2_random",
                "linger.ms": linger_ms,
                "queue.buffering.max.messages": 500_000,
                **own,
            }
        )

    def stop(self, *_: object) -> None:
        """Let `run` return."""
        self._running = False

    def run(self) -> None:
        """Until `stop`."""
        self._consumer.subscribe([self._given.input])
        if self._given.exactly_once:
            self._producer.init_transactions()
        due = time.monotonic() + COMMIT_S
        while self._running:
            self._process(self._consumer.consume(10_000, 0.05))
            self._producer.poll(0)
            if time.monotonic() >= due:
                self._commit()
                due = time.monotonic() + COMMIT_S
        self._commit()
        self._consumer.close()

    def _process(self, messages: list[Message]) -> None:
        if messages and self._given.exactly_once and not self._open:
            self._producer.begin_transaction()
        self._open = self._open or bool(messages)
        produce, output, topic = self._producer.produce, self._output, self._given.output
        for message in messages:
            if error := message.error():
                raise SystemExit(str(error))
            produce(topic, output(message.value() or b""), message.key())

    def _output(self, value: bytes) -> bytes:
        bar = self._decode(value)
        ok = consistent(bar.open, bar.high, bar.low, bar.close, bar.volume)
        z = z_score(self._windows[bar.symbol], bar.close) if self._given.rolling else None
        return self._encode(Checked(bar.symbol, bar.ts, bar.close, ok, z))

    def _commit(self) -> None:
        if not self._open:
            return
        offsets = [at for at in self._consumer.position(self._consumer.assignment()) if at.offset >= 0]
        if self._given.exactly_once:
            self._producer.send_offsets_to_transaction(offsets, self._consumer.consumer_group_metadata())
            self._producer.commit_transaction()
        else:
            self._producer.flush()
            self._consumer.commit(offsets=offsets, asynchronous=True)
        self._open = False


def main() -> None:
    """Until SIGTERM."""
    loop = Loop(arguments())
    signal.signal(signal.SIGTERM, loop.stop)
    loop.run()


if __name__ == "__main__":
    main()
