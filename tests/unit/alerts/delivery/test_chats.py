"""Slack, Discord and Telegram by their URLs, over real TLS: what reaches them, and what their answers mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chats import Asked, Chats
from tests.unit.alerts.delivery.test_book import sent
from worker.alerts.delivery import text
from worker.alerts.delivery.book import Result
from worker.alerts.delivery.receivers.push import PushReceiver

# Apprise loads every service at once; one of them loads a module that Python 3.13 has not.
pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")
SECRET = "hunter2hunter2hunter2hunt"
# The form of each URL is Apprise's.
SERVICES = {
    "slack": (f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET[:24]}/", "hooks.slack.com"),
    "discord": (f"discord://4174216298/{SECRET}", "discord.com"),
    "telegram": (f"tgram://123456789:{SECRET}/-100123", "api.telegram.org"),
}


async def push(tmp_path: Path, url: str) -> Result:
    receiver = PushReceiver("chat", url, 10.0, "http://pages/")
    try:
        return await receiver.send(sent(tmp_path, "ops").message)
    finally:
        await receiver.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_each_chat_gets_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    url, host = SERVICES[service]
    with Chats(tmp_path / "chats") as chats:
        for name, value in chats.variables.items():
            monkeypatch.setenv(name, value)
        assert (await push(tmp_path, url)).outcome == "delivered"
    (asked,) = chats.asked
    assert asked.host == host
    told = str(asked.body)
    message = sent(tmp_path, "ops").message
    assert text.title(message) in told
    assert message.alerts[0].summary in told


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [403, 429, 500])
async def test_what_a_chat_refuses_is_not_taken_for_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, status: int
) -> None:
    def refuse(_: Asked) -> tuple[int, bytes]:
        return status, b'{"ok":false,"retry_after":0,"parameters":{"retry_after":0}}'

    with Chats(tmp_path / "chats", refuse) as chats:
        for name, value in chats.variables.items():
            monkeypatch.setenv(name, value)
        result = await push(tmp_path, SERVICES[service][0])
    assert chats.asked
    assert (result.outcome, SECRET in result.detail) == ("failed", False)


async def test_a_chat_that_shows_a_strangers_certificate_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Chats(tmp_path / "chats") as chats:
        monkeypatch.setenv("HTTPS_PROXY", chats.variables["HTTPS_PROXY"])
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        assert (await push(tmp_path, SERVICES["slack"][0])).outcome == "failed"
    assert not chats.asked
