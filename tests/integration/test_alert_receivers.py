"""All kinds of receivers, real ones: Debian's Alertmanager, an SMTP server, a webhook, Apprise; and what fails."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.alerting import (
    Alerting,
    alerts_settings,
    assert_replay,
    delivered,
    make_alerts_topics,
    measure,
    wrote,
)
from tests.support.alertmanager import MISSING, PROGRAM, Alertmanager
from tests.support.fleet import until
from tests.support.hooks import Answer, Hook
from tests.support.smtp import Mailbox
from worker.errors import Exit
from worker.operate import alerts as topics

pytestmark = pytest.mark.kafka
FILE = """
fallback = "mail"
link = "http://127.0.0.1:8080/"

[[routes]]
match = {{ rule = "kill" }}
receivers = ["alertmanager"]

[[routes]]
receivers = ["hook", "mail", "chats", "refusing", "nowhere"]
wait = "0s"
interval = "1s"

[receivers.alertmanager]
kind = "alertmanager"
url = "{alertmanager}"
resend = "1s"

[receivers.hook]
kind = "webhook"
url = "{hook}"

[receivers.mail]
kind = "mail"
host = "127.0.0.1"
port = {smtp}
security = "none"
sender = "alerts@example.org"
to = ["ops@example.org"]

[receivers.chats]
kind = "apprise"
urls = ["json://127.0.0.1:{port}/first", "json://127.0.0.1:{port}/second"]

[receivers.refusing]
kind = "webhook"
url = "{refusing}?secret=hunter2"

[receivers.nowhere]
kind = "webhook"
url = "http://127.0.0.1:1/"
"""


@pytest.mark.skipif(PROGRAM is None, reason=MISSING)
async def test_every_kind_of_receiver(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    def refuse(_: bytes) -> Answer:
        return 422, {}

    with Hook() as hook, Hook(refuse) as refusing, Mailbox(["451 later"]) as box:
        async with Alertmanager(tmp_path) as manager:
            file = tmp_path / "alerts.toml"
            port = hook.url.rsplit(":")[-1].partition("/")[0]
            told = {"hook": hook.url, "refusing": refusing.url, "smtp": box.port, "port": port}
            file.write_text(FILE.format(alertmanager=manager.url, **told), encoding="utf-8")
            settings = alerts_settings(broker.bootstrap, topic_prefix, file)
            await make_alerts_topics(settings)
            async with Alerting(settings, tmp_path) as fleet:
                owner = await fleet.owner("owner")
                await measure(settings, load=0.9, blocking=["kill: day\r\nBcc: x@example.org"])
                # near the limit: hook, mail, two chats; mail a second time for the one that refuses; kill: Alertmanager
                found = await delivered(settings, 5)
                await until(lambda: active(manager), 10, "the alert is in Alertmanager")
                assert len(await delivered(settings, 1, outcome="refused")) == 1
                assert await failing(settings) == ["nowhere"]
                await measure(settings, load=0.5)
                await wrote(settings, "limit-near", "resolved")
                await wrote(settings, "kill", "resolved")
                await until(lambda: gone(manager), 10, "Alertmanager knows that it has ended")
                owner.send(signal.SIGTERM)
                assert await owner.exit_code(20) == Exit.OK, owner.text
                assert "hunter2" not in owner.text
                assert hook.url not in owner.text
    assert {one.receiver for one in found} == {"alertmanager", "hook", "mail", "chats.1", "chats.2"}
    assert {one.path for one in hook.taken} == {"/hook", "/first", "/second"}
    chat = next(one.json for one in hook.taken if one.path == "/first")
    assert chat["title"].startswith("[warning firing]")
    assert len(refusing.requests) >= 1
    assert box.asked == len(box.mails) + 1  # the one that was told to come later came again
    subjects = {str(mail["Subject"]) for mail in box.mails}
    assert "[warning firing] The portfolio is at 80% of a limit" in subjects
    assert all(str(mail["Message-ID"]).endswith("@alphapulse>") and mail["Bcc"] is None for mail in box.mails)
    await assert_replay(settings)
    assert json.dumps([one.detail for one in await topics.deliveries(settings)]).find("hunter2") < 0


async def active(manager: Alertmanager) -> bool:
    return [one["labels"]["alertname"] for one in await manager.alerts()] == ["kill"]


async def gone(manager: Alertmanager) -> bool:
    return await manager.alerts() == []


async def failing(settings: object) -> list[str]:
    """Receivers whose message is tried again and again."""
    found = await topics.deliveries(settings)  # type: ignore[arg-type]
    return [one.receiver for one in found if one.outcome == "failed" and one.attempts > 1]
