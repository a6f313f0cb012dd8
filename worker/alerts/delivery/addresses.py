"""The receivers of a plan, ready to send: those of Apprise one a URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from schemas.alert import Alert
from worker.alerts.configuration.plan import Plan
from worker.alerts.configuration.receivers import Alertmanager, Apprise, Mail, Webhook
from worker.alerts.delivery.line import Receiver
from worker.alerts.delivery.receivers.alertmanager import AlertmanagerReceiver
from worker.alerts.delivery.receivers.mail import MailReceiver
from worker.alerts.delivery.receivers.posting import Poster
from worker.alerts.delivery.receivers.push import PushReceiver
from worker.alerts.delivery.receivers.secrets import http_url, secret
from worker.alerts.delivery.receivers.webhook import WebhookReceiver

API = "/api/v2/alerts"


class Addresses(NamedTuple):
    """Receivers by the names of their deliveries, and these names by those of the file."""

    receivers: Mapping[str, Receiver]
    names: Mapping[str, Sequence[str]]

    def expand(self, name: str) -> Sequence[str]:
        """Return the names of a receiver's deliveries; none where the file does not have it."""
        return self.names.get(name, ())


def addresses(plan: Plan, told: Callable[[str], Sequence[Alert]]) -> Addresses:
    """Return the receivers of a plan; `told` returns the alerts that fire and were told to one of them.

    Raises:
        ConfigError: a file can't be read, an address does not fit, or a package is missing.
    """
    receivers: dict[str, Receiver] = {}
    names: dict[str, list[str]] = {}
    for name, given in plan.receivers.items():
        if isinstance(given, Apprise):
            found: list[Receiver] = [
                PushReceiver(name, url, given.timeout / 1000, plan.link) for url in _urls(name, given)
            ]
        else:
            found = [_one(name, given, plan.link, told)]
        names[name] = [name] if len(found) == 1 else [f"{name}.{at}" for at in range(1, len(found) + 1)]
        receivers |= dict(zip(names[name], found, strict=True))
    return Addresses(receivers, names)


def _one(
    name: str, given: Webhook | Alertmanager | Mail, link: str, told: Callable[[str], Sequence[Alert]]
) -> Receiver:
    if isinstance(given, Mail):
        return MailReceiver(given, secret(name, "password_file", None, given.password_file), link)
    url = http_url(name, secret(name, "url_file", given.url, given.url_file) or "")
    token = secret(name, "token_file", None, given.token_file)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if isinstance(given, Alertmanager):
        whole = url if url.endswith(API) else url.rstrip("/") + API
        poster = Poster(whole, given.timeout / 1000, headers)
        return AlertmanagerReceiver(poster, given.resend / 1000, link, lambda: told(name))
    key = secret(name, "secret_file", given.secret, given.secret_file)
    return WebhookReceiver(name, Poster(url, given.timeout / 1000, headers), key, link)


def _urls(name: str, given: Apprise) -> list[str]:
    if given.urls_file is None:
        return [one.get_secret_value() for one in given.urls]
    text = secret(name, "urls_file", None, given.urls_file) or ""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
