"""What the pages show in tests: a real broker, a worker, the risk monitor and a gateway that asks for tokens."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer

from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.gateway import GatewayProcess
from tests.support.risk import make_risk_topics, risk_settings
from worker.archive.once import archive_once
from worker.kafka.client import client_options
from worker.settings import GatewaySettings, Settings
from worker.sources.publisher import partition_of, publish_records
from worker.sources.record import Bar, Record, encode_bar
from worker.sources.simulation.simulator import Simulation, simulated_records

PARTITIONS, SYMBOLS, BARS = 4, 24, 320
MINUTE = 60_000
TOKENS = {"read": "reader-0123456789abcdef", "operate": "operator-0123456789abcdef", "admin": "admin-0123456789abcdef"}
HOSTILE = "</script><img/src=x/onerror=alert(1)>"  # a symbol may hold any visible ASCII
CAPITAL = 2_000_000.0


def token_file(folder: Path) -> Path:
    """Write the file of tokens, one a role."""
    path = folder / "tokens.toml"
    lines = []
    for role, token in TOKENS.items():
        digest = hashlib.sha256(token.encode()).hexdigest()
        lines.append(f'[[token]]\nlabel = "the {role} of tests"\nrole = "{role}"\nsha256 = "{digest}"\n')
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


class World:
    """Everything behind the pages. `start` fills it; `close` ends all processes."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, **risk: float) -> None:
        """Plan it; `risk` are settings of the portfolio's risk."""
        settings = risk_settings(bootstrap, prefix, PARTITIONS, **({"capital": CAPITAL, "repeat_seconds": 1} | risk))
        served = GatewaySettings(auth="token", token_file=token_file(folder), reads_per_s=500, writes_per_s=20)
        self.folder = folder
        archive = settings.archive.model_copy(update={"url": str(folder / "lake")})
        self.settings: Settings = settings.model_copy(update={"gateway": served, "archive": archive})
        self.fleet = Fleet(self.settings, folder)
        self.gateway: GatewayProcess
        self._gateways: list[GatewayProcess] = []
        self._market = simulated_records(Simulation(SYMBOLS, 1_000_000, 5, fault_rate=0.01))
        self.newest_ms = 0

    async def start(self) -> None:
        """Make topics, publish a market, start every process, and wait until all of it is decided."""
        await make_risk_topics(self.settings)
        self.worker = self.fleet.start("worker")
        self.monitor = self.fleet.start("monitor", command="risk")
        self.start_gateway()
        await self.play(SYMBOLS * BARS)
        await self.hostile()
        await asyncio.gather(self.worker.ready(PARTITIONS), self.monitor.ready(), self.gateway.ready())
        await self.fleet.caught_up()
        self.archived = await archive_once(self.settings)

    def start_gateway(self, port: int = 0) -> GatewayProcess:
        """Start the gateway; with a port, at that one."""
        listen = {"ALPHAPULSE_GATEWAY__PORT": str(port)}
        self.gateway = GatewayProcess(self.settings, self.folder, f"gateway-{time.monotonic_ns()}", **listen)
        self._gateways.append(self.gateway)
        return self.gateway

    async def play(self, count: int, rate: float | None = None) -> None:
        """Publish the next records of the market."""
        records = []
        for record in self._market:
            records.append(record)
            self.newest_ms = max(self.newest_ms, record.timestamp_ms)
            if len(records) >= count:
                break
        await publish_records(client_options(self.settings.kafka), self.settings.topics.input, records, rate)

    async def bar(self, symbol: str, close: float, ts: int | None = None) -> int:
        """Publish one bar of a symbol that the market does not have; return its close, epoch ms."""
        ts = self.newest_ms if ts is None else ts
        bar = Bar(symbol, ts, close, close * 1.001, close * 0.999, close, 1_000.0)
        record = Record(symbol.encode(), encode_bar(bar, "1m"), ts + MINUTE)
        await publish_records(client_options(self.settings.kafka), self.settings.topics.input, [record])
        return ts + MINUTE

    async def hostile(self) -> None:
        """Publish what must not harm a page: a symbol of markup, absurd numbers, a record of the future, garbage."""
        await self.bar(HOSTILE, 123.45, self.newest_ms - MINUTE)
        topic = self.settings.topics
        absurd = msgspec.json.encode({"symbol": "ABSURD", "ts": 1, "open": 1e300, "high": -5, "close": "x"})
        async with AIOKafkaProducer(**client_options(self.settings.kafka)) as producer:
            for key, value in ((b"ABSURD", absurd), (b"\xff\xfe<b>", b"<script>alert(1)</script>\x00")):
                await producer.send_and_wait(topic.input, value, key, partition=partition_of(key, PARTITIONS))

    async def decided(self, symbol: str, close_ts: int, seconds: float = 30.0) -> None:
        """Wait until the gateway has the decision of a bar."""

        async def there() -> bool:
            answer = await self.gateway.get(f"symbols/{symbol}", token=TOKENS["read"])
            return answer.status_code == 200 and answer.json()["decision"]["close_ts"] >= close_ts

        await until(there, seconds, f"the decision of {symbol}")

    @property
    def processes(self) -> list[WorkerProcess]:
        """All that were started."""
        return [*self.fleet.workers, *self._gateways]

    def close(self) -> None:
        """End all processes."""
        self.fleet.progress.close()
        for process in self.processes:
            process.kill()
