"""Acts of operators: a control record and an audit record, or neither, also with rivals and lost answers."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import pytest

from schemas import Control
from schemas.audit import Audit, Idempotency
from tests.integration.conftest import Bootstrap
from tests.support.acts import audits, control_records
from tests.support.commands import command
from tests.support.fleet import environment
from tests.support.kafka import produce
from tests.support.ticks import group_settings, make_audit_topic, make_topics
from worker.errors import AlphapulseError, ConfigError, Exit
from worker.kafka.transactions import TransactionalProducer
from worker.operate.acts import perform as performing
from worker.operate.acts import transaction
from worker.operate.acts.acknowledgement import acknowledgement
from worker.operate.acts.intent import Conflict, Done, Intent, KeyReused, Origin, OutcomeUncertain
from worker.operate.acts.limits import NEW, remove, set_limits
from worker.operate.acts.perform import perform
from worker.operate.controls import newest
from worker.settings import Settings
from worker.stream.state.placement import home

pytestmark = pytest.mark.kafka

ANN = Origin("ann", "operate", "request")


async def made(broker: Bootstrap, prefix: str, **processing: Any) -> Settings:
    settings = group_settings(broker.bootstrap, prefix, partitions=2, **processing)
    await make_topics(settings)
    await make_audit_topic(settings)
    return settings


def scaled(key: str, factor: float, reason: str = "r", version: int | None = None) -> Intent:
    given = {} if version is None else {"version": version}
    return set_limits(key, 0, {"risk_mult": factor}, reason, **given)


def after(done: Done) -> Control:
    assert done.audit.after is not None
    return done.audit.after


async def test_an_act_is_a_control_and_what_led_to_it(broker: Bootstrap, topic_prefix: str) -> None:
    settings = await made(broker, topic_prefix)
    done = await perform(settings, ANN, scaled("A", 0.5, "seen"))
    first, control = done.audit, after(done)
    last = (await perform(settings, Origin("bob", "admin"), remove("A", "over", control.version))).audit
    await perform(settings, ANN, acknowledgement("kill", "looked at"))
    assert control == Control("A", control.version, 0, 0.5, reason="seen")
    assert await control_records(settings, "A") == [control, None]
    found = await audits(settings)
    assert found[:2] == [first, last]
    assert (first.who, first.role, first.action, first.subject) == ("ann", "operate", "set_limits", "A")
    assert (first.request_id, first.reason, first.before) == ("request", "seen", None)
    assert (last.action, last.before, last.after, last.role) == ("remove_limits", control, None, "admin")
    assert (found[2].action, found[2].subject, found[2].after) == ("acknowledge", "kill", None)
    for refused in (acknowledgement("kill", ""), acknowledgement("kill", "r" * 1_001)):
        with pytest.raises(ConfigError, match="the acknowledgement is invalid"):
            await perform(settings, ANN, refused)
    with pytest.raises(ConfigError, match="nothing was removed"):
        await perform(settings, ANN, remove("A", "again"))
    assert len(await audits(settings)) == 3


async def test_rivals_write_one_after_the_other(broker: Bootstrap, topic_prefix: str) -> None:
    settings = await made(broker, topic_prefix)
    rivals = [Origin(f"writer {number}", "operate") for number in range(4)]
    work = [perform(settings, who, scaled("*", round(0.1 * at, 1))) for at, who in enumerate(rivals)]
    told = asyncio.to_thread(command, settings, "control", "set", "*", "--max-notional", "9", "--reason", "mine")
    done, called = await asyncio.gather(asyncio.gather(*work), told)
    assert called.code == Exit.OK, called.err
    found, records = await audits(settings), await control_records(settings, "*")
    assert len(found) == len(records) == 5
    assert {act.id for act in found} >= {one.audit.id for one in done}
    assert [act.after for act in found] == records
    versions = [act.after.version for act in found if act.after]
    assert versions == list(range(versions[0], versions[0] + 5))
    assert [act.before for act in found] == [None, *(act.after for act in found[:-1])]
    (cli,) = (act for act in found if act.role == "cli")
    assert (cli.reason, cli.after and cli.after.max_notional) == ("mine", 9.0)
    assert "@" in cli.who


async def test_of_rivals_for_one_version_one_wins(broker: Bootstrap, topic_prefix: str) -> None:
    settings = await made(broker, topic_prefix)
    first = await asyncio.gather(
        *(perform(settings, ANN, scaled("A", 0.1 * at, version=NEW)) for at in range(3)), return_exceptions=True
    )
    (won,) = (one for one in first if isinstance(one, Done))
    assert [type(one) for one in first].count(Conflict) == 2
    assert [after(won)] == await control_records(settings, "A")
    with pytest.raises(Conflict, match=f"has version {after(won).version}, and the request expects version 1"):
        await perform(settings, ANN, scaled("A", 1.0, version=1))
    assert len(await audits(settings)) == 1


async def test_a_repeated_request_is_done_once(broker: Bootstrap, topic_prefix: str) -> None:
    settings = await made(broker, topic_prefix)
    ann = ANN._replace(idempotency=Idempotency("key", "0" * 64))
    first, *others = await asyncio.gather(*(perform(settings, ann, scaled("A", 0.5)) for _ in range(3)))
    assert {one.audit.id for one in others} == {first.audit.id}
    assert [first.repeated, *(one.repeated for one in others)].count(False) == 1
    await perform(settings, ann._replace(who="bob"), scaled("A", 0.4))  # his key
    with pytest.raises(KeyReused):
        await perform(settings, ann._replace(idempotency=Idempotency("key", "1" * 64)), scaled("A", 0.3))
    assert [record and record.risk_mult for record in await control_records(settings, "A")] == [0.5, 0.4]


@pytest.mark.parametrize("committed", [True, False])
async def test_an_outcome_whose_answer_was_lost_is_found_out(
    broker: Bootstrap, topic_prefix: str, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    settings = await made(broker, topic_prefix)
    lost = Lost(committed, times=1)
    monkeypatch.setattr(TransactionalProducer, "commit_transaction", lost.commit)
    done = await perform(settings, ANN, scaled("A", 0.5))
    assert lost.left == 0
    assert await audits(settings) == [done.audit]
    assert await control_records(settings, "A") == [done.audit.after]


async def test_an_outcome_that_nobody_tells_is_neither_success_nor_failure(
    broker: Bootstrap, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = await made(broker, topic_prefix)
    monkeypatch.setattr(performing, "ATTEMPTS", 3)
    monkeypatch.setattr(TransactionalProducer, "commit_transaction", Lost(True, times=1).commit)
    started = TransactionalProducer.start

    async def once(producer: TransactionalProducer) -> None:
        monkeypatch.setattr(TransactionalProducer, "start", away)
        await started(producer)

    monkeypatch.setattr(TransactionalProducer, "start", once)
    with pytest.raises(OutcomeUncertain, match="it is unknown whether act") as told:
        await perform(settings, ANN, scaled("A", 0.5))
    (act,) = await audits(settings)
    assert act.id in told.value.message


async def away(producer: TransactionalProducer) -> None:
    raise TimeoutError("no coordinator")


class Lost:
    """A commit whose request or answer is lost."""

    def __init__(self, committed: bool, times: int) -> None:
        self.left, self._committed, self._real = times, committed, TransactionalProducer.commit_transaction

    @property
    def commit(self) -> Any:
        async def commit_transaction(producer: TransactionalProducer) -> None:
            if self.left == 0 or self._committed:
                await self._real(producer)
            if self.left:
                self.left -= 1
                raise TimeoutError("no answer")

        return commit_transaction


async def test_a_version_that_another_program_takes_meanwhile_is_not_used_again(
    broker: Bootstrap, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = await made(broker, topic_prefix)
    first = after(await perform(settings, ANN, scaled("*", 0.5)))
    real, rival = transaction.Attempt._sent, Control("*", first.version + 1, 0, kill="close_all")

    async def after_the_monitor(attempt: Any, tp: Any, key: str, value: bytes | None, ts: int) -> Any:
        monkeypatch.setattr(transaction.Attempt, "_sent", real)
        encoded = transaction._encode(rival)
        at = tp.partition if tp.topic == settings.topics.limits else home(b"*", 2)
        await produce(broker.bootstrap, settings.topics.limits, [(at, b"*", encoded, 0)])
        return await real(attempt, tp, key, value, ts)

    monkeypatch.setattr(transaction.Attempt, "_sent", after_the_monitor)
    last = (await perform(settings, ANN, scaled("*", 0.4))).audit
    assert last.before == rival
    assert last.after == Control("*", rival.version + 1, 0, 0.4, kill="close_all", reason="r")
    assert await control_records(settings, "*") == [first, rival, last.after]
    assert len(await audits(settings)) == 2


async def test_the_former_protocol_does_the_same(broker: Bootstrap, topic_prefix: str) -> None:
    settings = await made(broker, topic_prefix, fast_path=False)
    done = await asyncio.gather(*(perform(settings, ANN, scaled("A", 0.1 * at)) for at in range(2)))
    assert {one.audit.id for one in done} == {act.id for act in await audits(settings)}


async def test_a_fleet_without_the_topic_of_acts_is_told_what_to_do(broker: Bootstrap, topic_prefix: str) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, partitions=1)
    await make_topics(settings)
    refused = command(settings, "control", "set", "A", "--block")
    assert (refused.code, "nothing was written" in refused.sentence) == (Exit.CONFIG, True)
    assert "alphapulse topics create" in refused.err
    assert await newest(settings) == {}
    assert command(settings, "topics", "create").code == Exit.OK
    assert command(settings, "control", "set", "A", "--block").code == Exit.OK
    (act,) = await audits(settings)
    assert isinstance(act, Audit)
    assert act.after == (await newest(settings))["A"].control
    with pytest.raises(AlphapulseError):
        await perform(settings, ANN, scaled("A", 2.0))


@pytest.mark.parametrize(("point", "written"), [("acknowledged", False), ("committed", True)])
async def test_a_command_that_is_killed_leaves_both_records_or_none(
    broker: Bootstrap, topic_prefix: str, point: str, written: bool
) -> None:
    settings = await made(broker, topic_prefix)
    work = [sys.executable, "-m", "worker", "control", "set", "A", "--block"]
    killed = await asyncio.create_subprocess_exec(
        *work, env=environment(settings, ALPHAPULSE_TEST_CRASH=f"{point}:1"), stderr=asyncio.subprocess.DEVNULL
    )
    assert await killed.wait() == -signal.SIGKILL
    done = await perform(settings, ANN, scaled("A", 0.5))  # ends what the other one has left
    found, records = await audits(settings), await control_records(settings, "A")
    assert [act.after for act in found] == records
    assert [act.role for act in found] == ["cli"] * written + ["operate"]
    assert found[-1] == done.audit
    assert (done.audit.before is not None) == written
