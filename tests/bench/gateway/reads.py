"""Reads of one gateway by a load beside it: a symbol's newest decision, and pages of a hundred."""

from __future__ import annotations

from pathlib import Path

from tests.bench.gateway_reads import load
from tests.support.gateway import API, GatewayProcess
from tests.support.published import outcomes, publish_outcomes
from tests.support.ticks import make_topics
from worker.settings import Settings

UNLIMITED = {"ALPHAPULSE_GATEWAY__READS_PER_S": "1000000"}  # of one caller: the limit is not what is measured
SYMBOLS, BARS = 50, 200
PAGES = ("decisions?limit=100", "decisions?limit=100&action=open_long", "rejections?limit=100", "symbols?limit=100")


async def reads(settings: Settings, folder: Path, seconds: float = 10.0) -> dict[str, float]:
    """Answers a second, the last hundredth, and memory."""
    await make_topics(settings)
    await publish_outcomes(settings, outcomes(settings, settings.topics.partitions, SYMBOLS, BARS))
    with GatewayProcess(settings, folder, "reads", **UNLIMITED) as gateway:
        await gateway.ready()
        symbols = [f"{API}/symbols/SIM{number:04d}" for number in range(SYMBOLS)]
        await load(gateway.url, symbols, 1.0)
        single = await load(gateway.url, symbols, seconds)
        paged = await load(gateway.url, [f"{API}/{path}" for path in PAGES], seconds, connections=4)
        assert single.failures == paged.failures == 0, (single, paged)
        return {
            "reads_per_s": float(round(single.per_s)),
            "read_p99_ms": round(single.p99_ms, 2),
            "pages_per_s": float(round(paged.per_s)),
            "page_p99_ms": round(paged.p99_ms, 2),
        }
