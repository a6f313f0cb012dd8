"""A gateway's application without a server and without a broker: what it refuses, it refuses before."""

from __future__ import annotations

from typing import Any

import httpx

from worker.gateway.app import create_app
from worker.gateway.gateway import Gateway
from worker.kafka.client import client_options
from worker.settings import GatewaySettings, KafkaSettings, Settings, load_engine_of

HERE = "http://127.0.0.1:8080"
API = "/api/v1"
NOWHERE = KafkaSettings(bootstrap_servers="127.0.0.1:1")
PLENTY = {"reads_per_s": 1e6, "writes_per_s": 1e6}


def gateway_of(**settings: Any) -> Gateway:
    """A gateway that is not started."""
    found = Settings(kafka=NOWHERE, gateway=GatewaySettings(**{**PLENTY, **settings}))
    return Gateway(found, load_engine_of(found, fill=False), client_options(found.kafka))


def asking(gateway: Gateway, base: str = HERE, **options: Any) -> httpx.AsyncClient:
    """A client of its application."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(gateway)), base_url=base, **options)


def bearer(secret: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {secret}"}
