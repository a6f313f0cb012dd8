"""Where probes are: URLs, every address of a name, and a file that is read again when it changes."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from worker.errors import ConfigError
from worker.gateway.fleet.targets import Target, Targets


def resolving(names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        if host not in names:
            raise OSError(f"{host} is unknown")
        return [(2, 1, 6, "", (address, port)) for address in names[host] for _ in range(2)]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


async def test_every_address_of_a_name_is_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"workers": ["10.0.0.1", "10.0.0.2", "fd00::1"], "one": ["10.0.0.9"]}
    resolving(names, monkeypatch)
    targets = Targets(["http://workers:9464", "https://one", "one:80", "gone:1"], None)
    assert targets.configured
    found = await targets.now()
    assert [target.url for target in found] == [
        "http://10.0.0.1:9464",
        "http://10.0.0.2:9464",
        "http://[fd00::1]:9464",
        "https://10.0.0.9:443",
        "http://10.0.0.9:80",
    ]
    assert found[0] == Target("http", "10.0.0.1", 9464, "workers")
    names["workers"] = []
    assert await targets.now() == found, "not resolved again within seconds"


async def test_the_file_is_read_again_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving({"a": ["10.0.0.1"], "b": ["10.0.0.2"]}, monkeypatch)
    file = tmp_path / "workers.json"
    targets = Targets([], file)
    assert targets.configured
    assert await targets.now() == []

    def write(content: Any, at: int) -> None:
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        os.utime(file, ns=(at, at))

    async def urls() -> list[str]:
        return [target.url for target in await targets.now()]

    write([{"targets": ["a:1", "b:2"], "labels": {"__scheme__": "https", "job": "x"}}], 1)
    assert await urls() == ["https://10.0.0.1:1", "https://10.0.0.2:2"]
    strange: list[Any] = ['[{"targets": ["a:', {"targets": []}, [{"targets": "a:1"}], [{"targets": ["ftp://a"]}]]
    for bad in (*strange, [["a"]], [{"targets": [1]}]):
        write(bad, 2)
        assert len(await urls()) == 2, "what can't be read changes nothing"
    write([{"targets": ["b:2"]}], 3)
    assert await urls() == ["http://10.0.0.2:2"]
    write([], 4)
    assert await urls() == []


@pytest.mark.parametrize("url", ["ftp://a:1", "http://", "a:b", "http://user:secret@a:1", "a:99999", ""])
def test_what_is_no_url_ends_with_a_fix(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Targets([url], None)
    assert "gateway.scrape" in refused.value.message
    assert refused.value.fix == "Write http://host:port"
