"""Writes by the gateway on a real broker: once, for the version they were meant for, and obeyed by real workers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from schemas import Control
from tests.integration.conftest import Bootstrap
from tests.support.acts import audits, control_records
from tests.support.commands import command
from tests.support.cutting import LostAnswer
from tests.support.fleet import Fleet, until
from tests.support.gateway import API, GatewayProcess
from tests.support.ticks import group_settings, make_audit_topic, make_topics, publish, ticks
from tests.support.tokens import SECRETS, token_file
from worker.errors import Exit
from worker.gateway.client import GatewayClient, GatewayError
from worker.settings import Settings

pytestmark = pytest.mark.kafka
HOSTILE = "<script>alert(1)</script>\u202e\x00\x1b[2J '; drop -- {{x}} \U0001f600"
NEW = {"If-None-Match": "*"}


@pytest.fixture
def settings(broker: Bootstrap, topic_prefix: str) -> Settings:
    return group_settings(broker.bootstrap, topic_prefix, 2)


def process(settings: Settings, folder: Path, name: str = "gateway") -> GatewayProcess:
    return GatewayProcess(
        settings,
        folder,
        name,
        ALPHAPULSE_GATEWAY__AUTH="token",
        ALPHAPULSE_GATEWAY__TOKEN_FILE=str(token_file(folder)),
        ALPHAPULSE_GATEWAY__WRITES_PER_S="1000",
    )


@contextmanager
def client(gateway: GatewayProcess, role: str = "operate") -> Iterator[GatewayClient]:
    with GatewayClient(gateway.url, SECRETS[role]) as made:
        yield made


def code(error: pytest.ExceptionInfo[GatewayError]) -> str:
    assert error.value.problem is not None
    return error.value.problem.code


async def sent(gateway: GatewayProcess, method: str, path: str, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {SECRETS['operate']}"} | request.pop("headers", {})
    async with httpx.AsyncClient(base_url=gateway.url + API, timeout=30) as http:
        return await http.request(method, path, headers=headers, **request)


async def test_limits_follow_the_version_that_was_read(settings: Settings, tmp_path: Path) -> None:
    await make_topics(settings)
    await make_audit_topic(settings)
    with process(settings, tmp_path) as gateway:
        await gateway.ready()

        def work() -> None:
            with client(gateway) as operator, client(gateway, "admin") as admin, client(gateway, "read") as reader:
                assert operator.limits() == []
                new = operator.set_limits("A/B", None, HOSTILE, risk_mult=0.5, max_notional=7.0)
                assert (new.key, new.control and new.control.reason) == ("A/B", HOSTILE)
                assert new.version is not None
                with pytest.raises(GatewayError) as taken:
                    operator.set_limits("A/B", None, "again", risk_mult=0.1)
                assert code(taken) == "version_conflict"
                changed = operator.set_limits("A/B", new.version, "wider", max_notional=None)
                assert changed.version == new.version + 1
                assert changed.control is not None
                assert (changed.control.risk_mult, changed.control.max_notional) == (0.5, None)
                with pytest.raises(GatewayError) as stale:
                    operator.remove_limits("A/B", new.version, "over")
                assert code(stale) == "version_conflict"
                removed = operator.remove_limits("A/B", changed.version, "over & done")
                assert (removed.version, removed.control) == (None, None)
                version = None
                for size in range(10):  # what was written is seen at once, the act and the limits
                    written = operator.set_limits("SEEN", version, "again", risk_mult=size / 10)
                    version = written.version
                    assert [item.control and item.control.risk_mult for item in operator.limits()] == [size / 10]
                    newest = next(admin.audit())
                    assert newest.act is not None
                    assert newest.act.id == written.audit_id
                for write in (lambda: reader.kill("*", "x"), lambda: reader.acknowledge("kill", "x")):
                    with pytest.raises(GatewayError) as forbidden:
                        write()
                    assert code(forbidden) == "forbidden"
                with pytest.raises(GatewayError) as hidden:
                    next(operator.audit())
                assert code(hidden) == "forbidden"
                place = urlsplit(gateway.url)
                with (
                    LostAnswer(place.hostname or "", place.port or 0) as proxy,
                    GatewayClient(proxy.url, SECRETS["operate"]) as far,
                ):
                    acknowledged = far.acknowledge("unreadable", "seen")
                assert (proxy.lost, acknowledged.repeated) == (1, True)
                ids = [new.audit_id, changed.audit_id, removed.audit_id, acknowledged.audit_id]
                told = [act for act in _until_read(admin, ids[-1]) if act.id in ids]
                assert [(act.who, act.role, act.action) for act in told] == [
                    ("operate", "operate", "set_limits"),
                    ("operate", "operate", "set_limits"),
                    ("operate", "operate", "remove_limits"),
                    ("operate", "operate", "acknowledge"),
                ]
                assert [item.act for item in admin.audit(action="remove_limits")] == [told[2]]
                assert list(admin.audit(who="nobody")) == []

        await asyncio.to_thread(work)
        found = await audits(settings)
        assert [act.reason for act in found] == [HOSTILE, "wider", "over & done", *["again"] * 10, "seen"]
        assert [act.after for act in found[:3]] == await control_records(settings, "A/B")
        assert len({act.request_id for act in found}) == 14

        wrong = [
            await sent(gateway, "PUT", "/limits/A", json={"risk_mult": 0.5, "reason": "r"}),
            await sent(gateway, "PUT", "/limits/A", json={"reason": "r"}, headers=NEW),
            await sent(gateway, "PUT", "/limits/A", json={"risk_mult": 2, "reason": "r"}, headers=NEW),
            await sent(gateway, "PUT", "/limits/A", json={"risk_mult": 1}, headers=NEW),
            await sent(gateway, "PUT", "/limits/a%20b", json={"risk_mult": 1, "reason": "r"}, headers=NEW),
            await sent(gateway, "POST", "/kill", json={"key": "*", "reason": "r", "word": "kill"}),
            await sent(gateway, "DELETE", "/limits/A?reason=r", headers={"If-Match": "7"}),
            await sent(gateway, "DELETE", "/limits/A", headers={"If-Match": '"7"'}),
            await sent(gateway, "DELETE", "/limits/A?reason=r", headers={"If-Match": '"7"'}),
            await sent(gateway, "POST", "/acknowledgements", json={"subject": "rain", "reason": "r"}),
        ]
        statuses = [(answer.status_code, answer.json()["code"]) for answer in wrong]
        assert statuses == [
            (428, "precondition_required"),
            *[(400, "invalid_body")] * 3,
            (400, "invalid_parameter"),
            (400, "invalid_body"),
            (400, "bad_request"),
            (400, "invalid_parameter"),
            (412, "version_conflict"),
            (400, "invalid_body"),
        ]
        assert len(await audits(settings)) == 14


def _until_read(admin: GatewayClient, last: str) -> list[Any]:
    """The acts, once the gateway has read the last one."""
    import time

    end = time.monotonic() + 10
    while True:
        found = [item.act for item in admin.audit(order="oldest", limit=2)]
        if found and found[-1] and found[-1].id == last:
            return found
        assert time.monotonic() < end, "the gateway does not read its own acts"
        time.sleep(0.05)  # the client can only ask


async def test_a_request_is_done_once_whoever_answers_it(settings: Settings, tmp_path: Path) -> None:
    await make_topics(settings)
    await make_audit_topic(settings)
    order = {"key": "SIM1", "reason": "drill", "word": "KILL"}
    once: dict[str, Any] = {"json": order, "headers": {"Idempotency-Key": "k1"}}
    other = once | {"json": order | {"key": "SIM2"}}
    with process(settings, tmp_path) as first, process(settings, tmp_path, "replica") as second:
        await asyncio.gather(first.ready(), second.ready())
        answers = await asyncio.gather(*(sent(each, "POST", "/kill", **once) for each in (first, second) * 2))
        assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
        told = [answer.json() for answer in answers]
        assert {one["audit_id"] for one in told} == {told[0]["audit_id"]}
        assert sorted(one["repeated"] for one in told) == [False, True, True, True]
        clash = await sent(second, "POST", "/kill", **other)
        assert (clash.status_code, clash.json()["code"]) == (422, "idempotency_conflict")
        bad = await sent(second, "POST", "/kill", **(once | {"headers": {"Idempotency-Key": "a b"}}))
        assert bad.status_code == 400
        first.send(signal.SIGTERM)
        assert await first.exit_code(10) == Exit.OK
        racing = [
            sent(second, "PUT", f"/limits/{key}", json={"risk_mult": 0.5, "reason": "r"}, headers=NEW)
            for key in ("A", "A", "B")
        ]
        with process(settings, tmp_path, "again") as again:
            await again.ready()
            assert (await sent(again, "POST", "/kill", **once)).json()["audit_id"] == told[0]["audit_id"]
            racing.append(sent(again, "PUT", "/limits/A", json={"risk_mult": 0.1, "reason": "r"}, headers=NEW))
            cli = asyncio.to_thread(command, settings, "control", "set", "A", "--max-notional", "5")
            raced, called = await asyncio.gather(asyncio.gather(*racing), cli)
            assert called.code == Exit.OK, called.err
    statuses = [answer.status_code for answer in raced]
    assert statuses[2] == 200
    records = await control_records(settings, "A")
    assert statuses.count(200) == len(records)  # one for B, and one by the command
    assert all(isinstance(record, Control) for record in records)
    versions = [record.version for record in records if record]
    assert versions == list(range(versions[0], versions[0] + len(versions)))
    assert [record and record.kill for record in await control_records(settings, "SIM1")] == ["close_all"]
    assert await control_records(settings, "SIM2") == []
    assert sum(act.action == "kill" for act in await audits(settings)) == 1


async def test_a_kill_is_shown_in_force_when_the_decisions_say_so(settings: Settings, tmp_path: Path) -> None:
    await make_topics(settings)
    await make_audit_topic(settings)
    records = ticks(1_200, 6, 7)
    with process(settings, tmp_path) as gateway:
        async with Fleet(settings, tmp_path) as fleet:
            worker = await fleet.started("worker")
            await publish(settings, records[:1_000])
            await fleet.caught_up()
            await gateway.ready()
            await until(lambda: _in_force(gateway, 0, of=2), 20, "decisions of both partitions read")
            preview = (await sent(gateway, "GET", "/kill/preview")).json()
            killed = (await sent(gateway, "POST", "/kill", json={"key": "*", "reason": "drill", "word": "KILL"})).json()
            assert not await _in_force(gateway, killed["version"], of=2)
            await until(lambda: _heard(worker), 20, "the worker has read the kill")
            await publish(settings, records[1_000:])
            await fleet.caught_up()
            await until(lambda: _in_force(gateway, killed["version"], of=2), 20, "the kill in force in both partitions")
            shown = (await sent(gateway, "GET", "/limits/*")).json()
            assert (shown["by"], shown["who"], shown["version"]) == ("operator", "operate", killed["version"])
            assert shown["control"]["kill"] == "close_all"
            after = (await sent(gateway, "GET", "/kill/preview")).json()
            assert preview["positions"] == len(preview["symbols"])
            assert after["positions"] == 0
            await fleet.stop()


async def _in_force(gateway: GatewayProcess, version: int, of: int) -> bool:
    found = (await sent(gateway, "GET", f"/limits/*/effect?version={version}")).json()
    return bool(found["in_force"] == found["of"] == of)


async def _heard(worker: Any) -> bool:
    return bool((await worker.metric("controls_read_total") or 0) >= 1)


async def test_a_lost_topic_of_acts_is_told_and_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    await make_topics(settings)
    with process(settings, tmp_path) as gateway:
        await gateway.ready()
        answer = await sent(gateway, "POST", "/kill", json={"key": "*", "reason": "r", "word": "KILL"})
    assert (answer.status_code, "alphapulse topics create" in answer.json()["fix"]) == (409, True)
    assert await control_records(settings, "*") == []
