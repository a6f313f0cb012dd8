"""The kinds of receivers, as the file states them. Addresses are secrets, in this file or in one of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from worker.alerts.configuration.rules import Strict
from worker.alerts.configuration.units import Duration


class Receiver(Strict):
    """What all kinds have."""

    timeout: Duration = 10_000  # of an attempt
    resolved: bool = True  # whether ends are told, too


class Addressed(Receiver):
    """A receiver at a URL."""

    url: SecretStr | None = None
    url_file: Path | None = None  # a file that holds it, such as a mounted secret

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("it needs either url or url_file")
        return self


class Webhook(Addressed):
    """A POST with the body of Alertmanager's webhook, signed where there is a secret."""

    kind: Literal["webhook"]
    secret: SecretStr | None = None
    secret_file: Path | None = None
    token_file: Path | None = None  # a bearer token


class Alertmanager(Addressed):
    """Alertmanager's own API: what fires is sent again each minute."""

    kind: Literal["alertmanager"]
    resend: Duration = 60_000
    token_file: Path | None = None


class Mail(Receiver):
    """E-mail by SMTP."""

    kind: Literal["mail"]
    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None  # authorities to trust; none = the system's
    username: str | None = None
    password_file: Path | None = None
    sender: str = Field(min_length=3)
    to: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        if self.username is not None and self.security == "none":
            raise ValueError("a password is not sent without TLS: set security to starttls or tls")
        if bad := [one for one in (self.sender, *self.to) if "@" not in one or any(c in one for c in "\r\n ,;<>")]:
            raise ValueError(f"{bad[0]!r} is no e-mail address")
        return self


class Apprise(Receiver):
    """Slack, Discord, Telegram and whatever else Apprise knows, by its URLs; each is a receiver of its own."""

    kind: Literal["apprise"]
    urls: tuple[SecretStr, ...] = ()
    urls_file: Path | None = None  # a URL a line

    @model_validator(mode="after")
    def _some(self) -> Self:
        if bool(self.urls) == (self.urls_file is not None):
            raise ValueError("it needs either urls or urls_file")
        return self


AnyReceiver = Annotated[Webhook | Alertmanager | Mail | Apprise, Field(discriminator="kind")]
