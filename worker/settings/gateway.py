"""Settings of the gateway: where it listens, who may do what, how much it keeps in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from worker.settings.section import Section

Role = Literal["read", "operate", "admin"]


class OidcSettings(Section):
    """The issuer of tokens for `gateway.auth` = `oidc`."""

    issuer: str = Field("", description="URL of the issuer; its discovery document names the keys")
    audience: str = Field("", description="audience that a token must name")
    algorithms: tuple[Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"], ...] = Field(
        ("RS256", "ES256"), description="accepted signature algorithms"
    )
    who_claim: str = Field("sub", description="claim that names the caller")
    role_claim: str = Field("roles", description="claim with the caller's roles or groups: a text or a list")
    roles: dict[str, Role] = Field(
        default_factory=dict, description="value of the role claim → role; a caller without one is refused"
    )
    leeway_s: int = Field(30, ge=0, le=300, description="accepted difference of clocks")


class GatewaySettings(Section):
    """REST, live stream and pages."""

    host: str = Field("127.0.0.1", description="address to listen on; others than loopback need gateway.auth")
    port: int = Field(8080, ge=0, le=65_535, description="port; 0 = any free port, written to the log")
    auth: Literal["none", "token", "oidc"] = Field(
        "none", description="none: everybody is admin, on loopback only; token: gateway.token_file; oidc: an issuer"
    )
    token_file: Path | None = Field(
        None, description="TOML file of SHA-256 hashes of tokens with role, label and expiry; re-read on change"
    )
    oidc: OidcSettings = OidcSettings()
    hosts: tuple[str, ...] = Field(
        (), description="names in the Host header that are answered, beside loopback and gateway.host"
    )
    hot_bytes: int = Field(
        536_870_912, ge=1_048_576, description="memory for the newest records of all topics; older ones come from Kafka"
    )
    heartbeat_s: float = Field(15.0, ge=1, le=60, description="interval of heartbeats in an idle stream")
    max_streams: int = Field(100, ge=1, le=10_000, description="open streams of one caller")
    reads_per_s: float = Field(50.0, gt=0, description="reads per second of one caller, beyond it 429")
    writes_per_s: float = Field(1.0, gt=0, description="writes per second of one caller, beyond it 429")
    scrape: tuple[str, ...] = Field(
        (), description="URLs of workers' probes; every address of a host name is asked, as of a headless service"
    )
    scrape_file: Path | None = Field(
        None, description="JSON file of workers' probes in the form of Prometheus's file_sd; re-read on change"
    )
