"""What receivers send, and what answers mean, over real HTTP."""

from __future__ import annotations

import datetime
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from tests.support.hooks import Answer, Hook
from tests.unit.alerts.delivery.test_book import sent
from worker.alerts.delivery import text
from worker.alerts.delivery.receivers.alertmanager import AlertmanagerReceiver
from worker.alerts.delivery.receivers.posting import Poster, _seconds
from worker.alerts.delivery.receivers.webhook import WebhookReceiver, signature

V4 = {"version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels"} | {
    *("commonAnnotations", "externalURL", "alerts")
}


def answering(status: int, **headers: str) -> Answer:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "delivered") for status in (200, 204)),
        *((status, "refused") for status in (302, 404)),
        *((status, "failed") for status in (408, 429, 500, 503)),
    ],
)
async def test_what_a_status_means(tmp_path: Path, status: int, outcome: str) -> None:
    with Hook(lambda _: answering(status, Retry_After="7")) as hook:
        receiver = WebhookReceiver("ops", Poster(hook.url, 5.0), "key", "http://pages/")
        result = await receiver.send(sent(tmp_path, "ops").message)
        await receiver.close()
    assert (result.outcome, result.status) == (outcome, status)
    assert result.retry_after == (7.0 if outcome == "failed" else None)
    assert set(hook.requests[0].json) >= V4


async def test_nobody_there_is_a_failure_without_an_address(tmp_path: Path) -> None:
    receiver = WebhookReceiver("ops", Poster("http://127.0.0.1:1/hunter2", 5.0), None, "")
    result = await receiver.send(sent(tmp_path, "ops").message)
    await receiver.close()
    assert (result.outcome, result.detail) == ("failed", "ConnectError")


def test_a_retry_after_is_seconds_or_a_date() -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)
    assert _seconds("120") == 120.0
    assert 55 < (_seconds(format_datetime(later, usegmt=True)) or 0) <= 60
    assert [_seconds(one) for one in (None, "soon", "-1", "9" * 20)] == [None] * 4


def test_a_signature_that_others_compute() -> None:
    # echo -n '1700000000.{}' | openssl dgst -sha256 -hmac key
    found = signature(b"key", b"{}", 1_700_000_000)
    assert found["X-AlphaPulse-Timestamp"] == "1700000000"
    assert found["X-AlphaPulse-Signature"] == "sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"


async def test_alertmanager_gets_all_that_fires_with_an_end_ahead(tmp_path: Path) -> None:
    message = sent(tmp_path, "ops").message
    (alert,) = message.alerts
    other = msgspec.structs.replace(alert, fingerprint="f" * 16, labels={"symbol": "A", "empty": ""})
    with Hook() as hook:
        receiver = AlertmanagerReceiver(Poster(hook.url, 5.0), 60.0, "", lambda: [alert, other])
        assert (await receiver.send(message)).outcome == "delivered"
        assert (await receiver.refresh()).outcome == "delivered"
        await receiver.close()
    first = hook.requests[0].json
    assert [one["labels"].get("symbol") for one in first] == [None, "A"]
    assert all(one["labels"]["alertname"] == "limit-near" and one["endsAt"] > "2026" for one in first)
    assert "empty" not in first[1]["labels"]


def test_text_is_one_line_where_it_must_be(tmp_path: Path) -> None:
    message = sent(tmp_path, "ops").message
    hostile = msgspec.structs.replace(message.alerts[0], summary="a\r\nBcc: x\x1b[2J" + "b" * 1_000)
    message = msgspec.structs.replace(message, alerts=[hostile])
    title = text.title(message)
    assert title.isprintable()
    assert len(title) <= 300
    assert "limit 0.8" in text.body(message, "http://pages")
    assert "\x1b" not in text.body(message, "")
