"""Probes as the settings want them."""

from __future__ import annotations

import asyncio
import socket
import urllib.request

import pytest

from worker.errors import ConfigError
from worker.settings.model import OpsSettings
from worker.telemetry.probes import Probes


def probes(**settings: object) -> Probes:
    ready = {"joined": True}
    return Probes(OpsSettings.model_validate(settings), dict, lambda: ready, lambda: True, lambda: {"more": 1})


async def test_they_listen_where_they_say_and_end() -> None:
    one = probes()
    await one.start()
    assert one.url

    def read() -> bytes:
        with urllib.request.urlopen(f"{one.url}/readyz", timeout=5) as answer:
            found: bytes = answer.read()
            return found

    assert b'"more":1' in (await asyncio.to_thread(read)).replace(b" ", b"")
    await one.stop()
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(read)


async def test_an_address_of_ipv6_is_put_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    one = probes(host="::1")
    try:
        await one.start()
    except ConfigError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    assert one.url is not None
    assert one.url.startswith("http://[::1]:")
    await one.stop()


async def test_where_they_are_off_nothing_listens() -> None:
    one = probes(enabled=False)
    await one.start()
    assert one.url is None
    await one.stop()


async def test_a_port_that_is_taken_is_named() -> None:
    first = probes()
    await first.start()
    assert first.url
    port = int(first.url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=rf"can't listen on 127.0.0.1:{port}"):
        await probes(port=port).start()
    await first.stop()
