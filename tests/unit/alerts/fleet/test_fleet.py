"""Lag in seconds from ends that were seen, and metrics of workers over real HTTP."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from aiokafka import TopicPartition

from tests.unit.monitoring.test_backlog import Clock
from worker.alerts.fleet.lags import Lags
from worker.alerts.fleet.scraping import Scraper

TP = TopicPartition("ticks.raw", 0)
UNKNOWN = 'transactions_total{outcome="unknown"}'


def test_lag_counts_from_the_newest_end_that_was_reached() -> None:
    clock = Clock()
    lags = Lags(clock)

    def seen(committed: int, end: int) -> tuple[int | None, float | None, float | None]:
        row = lags.row("worker", "g", TP, committed, end)
        return row.lag_records, row.lag_seconds, row.stalled_seconds

    assert seen(10, 10) == (0, 0.0, 0.0)
    clock.advance(10)
    assert seen(10, 20) == (10, 10.0, 10.0)
    clock.advance(10)
    assert seen(20, 30) == (10, 10.0, 0.0)  # it has reached the end of ten seconds ago
    clock.advance(10)
    assert seen(20, 30) == (10, 20.0, 10.0)  # and stands still
    clock.advance(10)
    assert seen(30, 30) == (0, 0.0, 0.0)


async def test_metrics_that_rules_name(tmp_path: Path) -> None:
    values = [3.0]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                '# TYPE alphapulse_transactions counter\nalphapulse_transactions_total{outcome="unknown"} '
                f'{values[0]}\nalphapulse_transactions_total{{outcome="committed"}} 9\n'
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    host = f"127.0.0.1:{server.server_address[1]}"
    file = tmp_path / "workers.json"
    file.write_text(json.dumps([{"targets": [host, "127.0.0.1:1"]}]))
    scraper = Scraper([f"http://{host}"], file, {UNKNOWN})
    found = []
    for value in (3.0, 5.0, 1.0):
        values[0] = value
        found += [(one.instance, one.metric, one.value, one.change) for one in await scraper.look()]
    file.write_text("no JSON")
    assert len(await scraper.look()) == 1
    server.shutdown()
    server.server_close()
    thread.join()
    # A smaller value is that of a new process.
    assert found == [(host, UNKNOWN, 3.0, None), (host, UNKNOWN, 5.0, 2.0), (host, UNKNOWN, 1.0, 1.0)]
    assert not Scraper([], None, {UNKNOWN}).wanted
