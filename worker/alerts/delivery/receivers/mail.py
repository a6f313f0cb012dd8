"""E-mail by SMTP, in a thread: the standard library waits."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import formatdate

from schemas.delivery import Message
from worker.alerts.configuration.receivers import Mail
from worker.alerts.delivery import text
from worker.alerts.delivery.book import Result


class MailReceiver:
    """One list of addresses. `Message-ID` is the message's id, so that repeats are known as such."""

    def __init__(self, given: Mail, password: str | None, link: str) -> None:
        self._given, self._password, self._link = given, password, link
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mail")

    async def send(self, message: Message) -> Result:
        """Try once."""
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._send, self._mail(message))
        try:
            return await asyncio.wait_for(work, 4 * self._given.timeout / 1000)
        except TimeoutError:
            return Result("failed", "no answer in time")

    async def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._given.sender, ", ".join(self._given.to)
        mail["Subject"] = text.title(message)
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{message.message_id}@alphapulse>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text.body(message, self._link))
        return mail

    def _send(self, mail: EmailMessage) -> Result:
        given, seconds = self._given, self._given.timeout / 1000
        try:
            # OSError: certificates that can't be read; else as below
            context = ssl.create_default_context(cafile=str(given.ca_file) if given.ca_file else None)
            if given.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(given.host, given.port, timeout=seconds, context=context)
            else:
                server = smtplib.SMTP(given.host, given.port, timeout=seconds)
            with server:
                if given.security == "starttls":
                    server.starttls(context=context)
                if given.username is not None and self._password is not None:
                    server.login(given.username, self._password)
                refused = server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            return _meaning(max(codes), "all addresses are refused")
        except smtplib.SMTPResponseException as error:
            return _meaning(error.smtp_code, type(error).__name__)
        except (smtplib.SMTPException, OSError) as error:
            return Result("failed", type(error).__name__)
        if refused:
            return Result("delivered", f"{len(refused)} of {len(given.to)} addresses are refused")
        return Result("delivered", status=250)


def _meaning(code: int, what: str) -> Result:
    return Result("refused" if 500 <= code < 600 else "failed", f"SMTP {code}: {what}", code)
