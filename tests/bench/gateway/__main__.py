"""The gateway measured (`make gateway`): reads, the stream, its end, its pages; each figure beside its target."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import uuid
from pathlib import Path

from tests.bench import report, targets
from tests.bench.gateway.kills import KILLS, kills
from tests.bench.gateway.latency import latency
from tests.bench.gateway.readers import readers
from tests.bench.gateway.reads import reads
from tests.bench.gateway.schema import schemathesis
from tests.bench.gateway.screen import screen
from tests.bench.gateway.stopping import sigterm_s
from tests.bench.gateway.targets import EXACT, TARGETS
from tests.browser.chromium import executable
from tests.support.risk import risk_settings
from tests.support.ticks import group_settings
from worker.broker import Broker
from worker.settings import Settings

PARTS = ("reads", "stopping", "kills", "latency", "readers", "schema", "screen")
PARTITIONS = 4
ABSENT, WRONG = 69, 1  # exit codes


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


async def figures(parts: list[str], folder: Path, minutes: float, cases: int, seed: int) -> dict[str, float]:
    """The figures of these parts, on one broker."""
    found: dict[str, float] = {}
    with Broker(sustained=True) as broker:

        def settings() -> Settings:
            return group_settings(broker.bootstrap, _prefix(), PARTITIONS)

        for part in parts:
            say(f"== {part}")
            match part:
                case "reads":
                    found |= await reads(settings(), folder)
                case "stopping":
                    found["sigterm_s"] = round(await sigterm_s(settings(), folder), 2)
                case "kills":
                    told = await kills(settings(), folder, KILLS)
                    found |= {name: float(value) for name, value in told.items() if isinstance(value, int)}
                case "latency":
                    timed = await latency(settings(), folder, readers=10)
                    found["decision_to_client_p50_ms"] = timed["decision_to_client_p50_ms"]
                    found["decision_to_client_p99_ms"] = timed["decision_to_client_p99_ms"]
                case "readers":
                    without, beside = await readers(settings(), folder)
                    found |= {"lag_p50_without_readers": without["lag_p50"], "lag_p50_with_50": beside["lag_p50"]}
                    found |= {"lag_p99_without_readers": without["lag_p99"], "lag_p99_with_50": beside["lag_p99"]}
                    found["rebalances_with_50_readers"] = beside["rebalances"]
                case "schema":
                    found |= await schemathesis(risk_settings(broker.bootstrap, _prefix()), folder, cases, seed)
                case "screen":
                    found |= await screen(broker.bootstrap, _prefix(), folder, minutes, say)
    return found


def _prefix() -> str:
    return f"t{uuid.uuid4().hex[:10]}"


def main() -> None:
    """Measure, print the table, write the results; exit 1 where an event or a promise is lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--minutes", type=float, default=3.0, help="of the long run of a page")
    parser.add_argument("--cases", type=int, default=5_000, help="of schemathesis")
    parser.add_argument("--seed", type=int, default=1, help="of schemathesis: other requests")
    given = parser.parse_args()
    if executable() is None:
        print("error: there is no Chromium. Fix: apt-get install chromium", file=sys.stderr)
        sys.exit(ABSENT)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(figures(given.only or list(PARTS), Path(folder), given.minutes, given.cases, given.seed))
    late = targets.missed({name: bounds for name, bounds in TARGETS.items() if name in found}, found)
    targets.show(TARGETS, found)
    if not given.only:
        report.write("gateway", found, missed=late)
    sys.exit(WRONG if EXACT.intersection(late) else 0)


if __name__ == "__main__":
    main()
