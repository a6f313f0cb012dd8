"""E-mail over a real SMTP server: encrypted before a password or an alert leaves, or not sent at all."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.smtp import Mailbox
from tests.unit.alerts.delivery.test_book import sent
from worker.alerts.configuration.receivers import Mail
from worker.alerts.delivery.book import Result
from worker.alerts.delivery.receivers.mail import MailReceiver

PASSWORD = "hunter2"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def server_context(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("smtp"))
    return context


async def mailed(tmp_path: Path, box: Mailbox, trusted: Path | None, password: str = PASSWORD) -> Result:
    given = {
        "kind": "mail",
        "host": "127.0.0.1",
        "port": box.port,
        "ca_file": trusted,
        "username": "ops",
        "password_file": tmp_path / "password",
        "sender": "alerts@example.org",
        "to": ["ops@example.org"],
    }
    receiver = MailReceiver(Mail.model_validate(given), password, "http://pages/")
    try:
        return await receiver.send(sent(tmp_path, "ops").message)
    finally:
        await receiver.close()


async def test_starttls_and_a_login_by_default(tmp_path: Path, authority: Authority) -> None:
    with Mailbox(context=server_context(authority), password=PASSWORD) as box:
        result = await mailed(tmp_path, box, authority.certificate)
    assert result == Result("delivered", status=250)
    assert (box.names, box.encrypted) == (["ops"], [True])
    (mail,) = box.mails
    assert mail["To"] == "ops@example.org"


async def test_a_wrong_password_is_refused(tmp_path: Path, authority: Authority) -> None:
    with Mailbox(context=server_context(authority), password=PASSWORD) as box:
        result = await mailed(tmp_path, box, authority.certificate, "another")
    assert (result.outcome, result.status) == ("refused", 535)
    assert "another" not in result.detail
    assert not box.mails


async def test_a_strangers_certificate_gets_no_password(tmp_path: Path, authority: Authority) -> None:
    with Mailbox(context=server_context(authority), password=PASSWORD) as box:
        result = await mailed(tmp_path, box, Authority(tmp_path / "stranger").certificate)
    assert (result.outcome, result.detail) == ("failed", "SSLCertVerificationError")
    assert (box.names, box.mails) == ([], [])


async def test_a_server_without_starttls_gets_no_mail(tmp_path: Path, authority: Authority) -> None:
    with Mailbox() as box:
        result = await mailed(tmp_path, box, authority.certificate)
    assert (result.outcome, result.detail) == ("failed", "SMTPNotSupportedError")
    assert (box.asked, box.mails) == (0, [])
