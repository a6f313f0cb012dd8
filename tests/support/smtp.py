"""A real SMTP server in a thread (aiosmtpd): it keeps what it takes, and refuses as a test tells it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Mailbox:
    """The server; `answers` are given first, then everything is taken."""

    answers: list[str] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    asked: int = 0
    context: ssl.SSLContext | None = None  # offers STARTTLS, and wants it and a login
    password: str = ""
    names: list[str] = field(default_factory=list)  # of logins
    encrypted: list[bool] = field(default_factory=list)  # of each mail's connection

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.asked += 1
        self.encrypted.append(session.ssl is not None)
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"

    def _login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.names.append(given.login.decode())
        return AuthResult(success=given.password.decode() == self.password, handled=False)

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])  # the controller connects to the port that it was given
        wanted: dict[str, Any] = {}
        if self.context is not None:
            wanted = {"tls_context": self.context, "require_starttls": True, "auth_required": True}
            wanted["authenticator"] = self._login
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **wanted)
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._controller.stop()
