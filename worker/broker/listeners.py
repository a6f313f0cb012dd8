"""Listeners of a broker: plaintext, SASL and TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Protocol = Literal["PLAINTEXT", "SASL_PLAINTEXT", "SSL", "SASL_SSL"]


@dataclass(frozen=True)
class Listener:
    """One listener of a broker.

    `advertised` is the `host:port` that clients are told, for example a proxy's, by default the listener's own;
    `properties` are Kafka's settings of this listener without the prefix `listener.name.<name>.`.
    """

    name: str
    protocol: Protocol = "PLAINTEXT"
    port: int = 0
    advertised: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


def plain(users: Mapping[str, str]) -> dict[str, str]:
    """Return listener properties for SASL PLAIN with these users (name → password)."""
    logins = " ".join(f"user_{name}={_quoted(password)}" for name, password in users.items())
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {"sasl.enabled.mechanisms": "PLAIN", "plain.sasl.jaas.config": f"{module} required {logins};"}


def scram() -> dict[str, str]:
    """Return listener properties for SASL SCRAM-SHA-512; the users are the broker's (`Broker(scram_users=...)`)."""
    module = "org.apache.kafka.common.security.scram.ScramLoginModule"
    return {"sasl.enabled.mechanisms": "SCRAM-SHA-512", "scram-sha-512.sasl.jaas.config": f"{module} required;"}


def tls(key_and_certificate: Path, client_authority: Path | None = None) -> dict[str, str]:
    """Return listener properties for TLS from one PEM file: a PKCS8 key, then certificates.

    With `client_authority` (PEM), clients must present a certificate that it signed.
    """
    server = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(key_and_certificate)}
    if client_authority is None:
        return server
    trust = {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(client_authority)}
    return server | trust | {"ssl.client.auth": "required"}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
