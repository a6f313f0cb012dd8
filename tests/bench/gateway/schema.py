"""schemathesis against a live gateway: every operation of its OpenAPI document, with made-up requests."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.browser.world import TOKENS, token_file
from tests.support.gateway import GatewayProcess
from tests.support.published import outcomes, publish_outcomes
from tests.support.risk import make_risk_topics
from worker.settings import GatewaySettings, Settings

UNLIMITED = {"ALPHAPULSE_GATEWAY__READS_PER_S": "1000000", "ALPHAPULSE_GATEWAY__WRITES_PER_S": "1000000"}
DEADLINE = 1_500.0
# What is right or wrong only by what was before: a cursor of another search, a version that is not the newest one or
# not said, and a key of idempotency that another request has used.
STATEFUL = "[checks.positive_data_acceptance]\nexpected-statuses = [200, 201, 204, 401, 404, 409, 412, 422, 428]\n"
# A wrong request may also be too long; schemathesis takes 414 for no refusal.
TOO_LONG = (
    "[checks.negative_data_rejection]\n"
    'expected-statuses = [400, 401, 403, 404, 405, 406, 409, 414, 415, 422, 428, 429, "5xx"]\n'
)


async def schemathesis(settings: Settings, folder: Path, cases: int, seed: int) -> dict[str, float]:
    """Run at least so many cases; the report of failures goes to the terminal."""
    await make_risk_topics(settings)
    await publish_outcomes(settings, outcomes(settings, settings.topics.partitions))
    served = GatewaySettings(auth="token", token_file=token_file(folder))
    settings = settings.model_copy(update={"gateway": served})
    with GatewayProcess(settings, folder, "schema", **UNLIMITED) as gateway:
        await gateway.ready()
        found = await _run(gateway.url, folder, cases, seed)
        assert gateway.running, gateway.text
        return found


async def _run(url: str, folder: Path, cases: int, seed: int) -> dict[str, float]:
    report = folder / "schemathesis.json"
    operations = await _operations(url)
    (folder / "schemathesis.toml").write_text(STATEFUL + TOO_LONG, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--header", f"Authorization: Bearer {TOKENS['admin']}"),
        *("--continue-on-failure", "--no-color", "--seed", str(seed), "--generation-database", "none"),
        *("--max-examples", str(-(-cases // operations)), "--report-json-path", str(report)),
    ]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=folder)
    async with asyncio.timeout(DEADLINE):
        out, _ = await process.communicate()
    text = out.decode(errors="replace")
    told: dict[str, Any] = json.loads(report.read_text()) if report.is_file() else {}
    if process.returncode not in (0, 1) or not told:
        raise AssertionError(f"schemathesis ended with {process.returncode}:\n{text[-4_000:]}")
    if process.returncode:
        print(text)
    return counted(told)


async def _operations(url: str) -> int:
    import httpx

    async with httpx.AsyncClient(timeout=30) as client:
        document = (await client.get(f"{url}/openapi.json")).json()
    return sum(len([m for m in item if m in ("get", "put", "post", "delete")]) for item in document["paths"].values())


def counted(report: dict[str, Any]) -> dict[str, float]:
    """Cases and failures of a report; an operation that was not tested is a failure."""
    cases, operations = report["test_cases"], report["operations"]
    untested = operations["selected"] - operations["tested"] + operations["errored"]
    return {
        "schemathesis_cases": float(cases["generated"]),
        "schemathesis_failures": float(cases["unique_failures"] + cases["errored"] + untested),
    }
