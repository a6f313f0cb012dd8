"""Topics are made: every code of CreateTopics, and what is said where they exist already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol import admin, metadata

from tests.support import fake_answers as answers
from tests.support.fake_answers import healthy, sequence
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker, HangUp
from worker.errors import AlphapulseError, BrokerUnavailable, CannotCreate, ConfigError, NotPermitted, TryAgain
from worker.kafka.asking import creation
from worker.kafka.asking import topics as topics_module
from worker.kafka.topics import wanted, wanted_by_operators, wanted_by_risk
from worker.operate.create_topics import Topic, create
from worker.settings import Settings, TopicSettings

EXISTS, TOO_MANY_REPLICAS, BAD_CONFIG = 36, 38, 40
RETRIED = (-1, 7, 13, 41, 89)
AFTER_MAX = "message.timestamp.after.max.ms"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "LEAST", 0.005)
    monkeypatch.setattr(creation, "PATIENCE", 0.1)
    monkeypatch.setattr(topics_module, "SECONDS", 0.2)


def settings_of(**topics: Any) -> Settings:
    return Settings(topics=TopicSettings(**topics))


class Controller:
    """The topics of a fake cluster, and what its controller was asked for."""

    def __init__(self, *brokers: FakeBroker, replicas: int = 1) -> None:
        self.topics: dict[str, int] = {}
        self.asked: list[dict[str, tuple[int, int, dict[str, str]]]] = []
        self.tries = 0  # requests that were only to try
        self.brokers, self.replicas = brokers, replicas
        healthy(brokers, {})
        for broker in brokers:
            broker.on(Api.METADATA, self.metadata)
            broker.on(Api.CREATE_TOPICS, self.create())
            broker.on(Api.DESCRIBE_CONFIGS, answers.described_configs({}))

    def create(self, codes: Mapping[str, int] | int = 0, *, done: bool = True, said: str = "no reason") -> Any:
        """The handler of CreateTopics: these codes, and the topics are there afterwards where it is `done`."""

        def handler(asked: Asked) -> Answer:
            request: Any = asked.read(admin.CreateTopicsRequest_v3)
            rows = {n: (p, r, dict(configs)) for n, p, r, _, configs in request.create_topic_requests}
            if request.validate_only:
                self.tries += 1
            else:
                self.asked.append(rows)
            told: list[Any] = []
            for name, (partitions, *_) in rows.items():
                code = codes if isinstance(codes, int) else codes.get(name, 0)
                code = code or (EXISTS if name in self.topics else 0)
                if done and code in (0, *RETRIED) and not request.validate_only:
                    self.topics[name] = partitions
                told.append((name, code, said if code else None))
            return admin.CreateTopicsResponse_v3(0, told)

        return handler

    def metadata(self, asked: Asked) -> Answer:
        request: Any = asked.read(metadata.MetadataRequest_v5)
        nodes = [(broker.node, broker.host, broker.port, None) for broker in self.brokers]
        copies = list(range(1, self.replicas + 1))
        told: list[Any] = [
            (0, name, False, [(0, p, 1, copies, copies, []) for p in range(self.topics[name])])
            if name in self.topics
            else (3, name, False, [])
            for name in request.topics or ()
        ]
        return metadata.MetadataResponse_v5(0, nodes, "fake", 1, told)


@asynccontextmanager
async def cluster(brokers: int = 1, replicas: int = 1) -> AsyncIterator[tuple[Controller, AIOKafkaAdminClient]]:
    """Fake brokers and a client of them."""
    async with FakeBroker(1) as one, FakeBroker(2) as two, FakeBroker(3) as three:
        nodes = (one, two, three)[:brokers]
        controller = Controller(*nodes, replicas=replicas)
        client = AIOKafkaAdminClient(bootstrap_servers=one.bootstrap, request_timeout_ms=1000)
        await client.start()
        try:
            yield controller, client
        finally:
            await client.close()


async def test_all_topics_are_made_and_exist_the_next_time() -> None:
    settings = settings_of(partitions=5)
    async with cluster() as (controller, client):
        counts = dict.fromkeys(wanted(settings), 5) | dict.fromkeys(wanted_by_operators(settings), 1)
        assert await create(client, settings) == {name: Topic(True, count, 1) for name, count in counts.items()}
        assert await create(client, settings) == {name: Topic(False, count, 1) for name, count in counts.items()}
        assert len(controller.asked) == 1  # they were seen before they were asked for


async def test_the_topics_of_the_risk_have_one_partition() -> None:
    settings = settings_of(partitions=5)
    async with cluster() as (_, client):
        made = await create(client, settings, risk=True)
        assert made == {name: Topic(True, 5, 1) for name in wanted(settings)} | {
            name: Topic(True, 1, 1) for name in wanted_by_risk(settings)
        }
        assert {topic.created for topic in (await create(client, settings, risk=True)).values()} == {False}


@pytest.mark.parametrize("code", RETRIED)
@pytest.mark.parametrize("done", [True, False])
async def test_an_answer_that_settles_nothing_is_asked_again(code: int, done: bool) -> None:
    settings = settings_of()
    async with cluster() as (controller, client):
        (broker,) = controller.brokers
        broker.on(
            Api.CREATE_TOPICS, sequence(controller.create(), controller.create(code, done=done), controller.create())
        )
        made = await create(client, settings)
        # A topic that was made by the request without an answer is no topic of somebody else's.
        certainly_ours = not done or code in creation.DONE_OR_NOT
        assert {topic.created for topic in made.values()} == {certainly_ours}
        assert (controller.tries, len(controller.asked)) == (1, 2)


@pytest.mark.parametrize("code", RETRIED)
async def test_a_try_that_settles_nothing_is_made_again(code: int) -> None:
    async with cluster() as (controller, client):
        controller.brokers[0].on(Api.CREATE_TOPICS, sequence(controller.create(code), controller.create()))
        assert all(topic.created for topic in (await create(client, settings_of())).values())
        assert (controller.tries, len(controller.asked)) == (2, 1)


@pytest.mark.parametrize("code", RETRIED)
async def test_it_is_not_asked_for_ever(code: int) -> None:
    async with cluster() as (controller, client):
        broker = controller.brokers[0]
        broker.on(Api.CREATE_TOPICS, controller.create(code, done=False))
        with pytest.raises(TryAgain, match=f"the creation of .*error {code} "):
            await create(client, settings_of())
        assert 3 <= controller.tries <= 8  # the delays double
        broker.on(Api.CREATE_TOPICS, sequence(controller.create(), controller.create(code, done=False)))
        with pytest.raises(TryAgain, match=f"the creation of .*error {code} "):
            await create(client, settings_of())
        assert 3 <= len(controller.asked) <= 8


async def test_a_lost_connection_is_no_refusal() -> None:
    def hang_up(asked: Asked) -> Answer:
        controller.create()(asked)
        raise HangUp

    async with cluster() as (controller, client):
        controller.brokers[0].on(Api.CREATE_TOPICS, sequence(controller.create(), hang_up, controller.create()))
        assert all(topic.created for topic in (await create(client, settings_of())).values())
        controller.topics.clear()
        controller.brokers[0].on(Api.CREATE_TOPICS, lambda _: (_ for _ in ()).throw(HangUp))
        with pytest.raises(BrokerUnavailable):
            await create(client, settings_of())


async def test_brokers_that_are_no_controller_are_passed_over() -> None:
    async with cluster(3, replicas=3) as (controller, client):
        for broker in controller.brokers[:2]:
            broker.on(Api.CREATE_TOPICS, controller.create(41, done=False))
        assert all(topic.created for topic in (await create(client, settings_of())).values())


ROWS: dict[str, Callable[[list[Any]], list[Any] | None]] = {
    "null": lambda rows: None,
    "missing": lambda rows: rows[1:],
    "foreign": lambda rows: [*rows, ("other", 0, None)],
    "twice": lambda rows: [*rows, rows[0]],
}


@pytest.mark.parametrize("spoilt", ROWS.values(), ids=ROWS)
async def test_an_answer_about_other_topics_is_none(spoilt: Callable[[list[Any]], list[Any] | None]) -> None:
    def handler(asked: Asked) -> Answer:
        answer: Any = controller.create(done=False)(asked)
        return admin.CreateTopicsResponse_v3(0, spoilt(answer.topic_errors))

    async with cluster() as (controller, client):
        controller.brokers[0].on(Api.CREATE_TOPICS, handler)
        with pytest.raises(TryAgain, match="no certain answer"):
            await create(client, settings_of())


async def test_three_replicas_where_the_cluster_can_hold_them_else_fewer() -> None:
    def at_most(brokers: int) -> Any:
        def handler(asked: Asked) -> Answer:
            request: Any = asked.read(admin.CreateTopicsRequest_v3)
            enough = all(row[2] <= brokers for row in request.create_topic_requests)
            answer: Answer = controller.create(0 if enough else TOO_MANY_REPLICAS)(asked)
            return answer

        return handler

    for brokers in (3, 2, 1):
        async with cluster(replicas=brokers) as (controller, client):
            controller.brokers[0].on(Api.CREATE_TOPICS, at_most(brokers))
            made = await create(client, settings_of())
            assert {topic.replicas for topic in made.values()} == {brokers}
            assert all(topic.created for topic in made.values())
            assert len(controller.asked) == 1  # Kafka 3.3 keeps settings of topics that it refuses
            for _, replicas, configs in controller.asked[0].values():
                assert replicas == brokers
                assert configs.get("min.insync.replicas") == ("2" if brokers == 3 else None)
        # A number that somebody has set is not lowered behind their back.
        if brokers < 3:
            async with cluster() as (controller, client):
                controller.brokers[0].on(Api.CREATE_TOPICS, at_most(brokers))
                with pytest.raises(CannotCreate, match="no reason"):
                    await create(client, settings_of(replication_factor=3))


async def test_a_setting_that_the_broker_does_not_know_gets_its_former_name() -> None:
    def old(asked: Asked) -> Answer:
        request: Any = asked.read(admin.CreateTopicsRequest_v3)
        new = {row[0]: BAD_CONFIG for row in request.create_topic_requests if AFTER_MAX in dict(row[4])}
        answer: Answer = controller.create(new, said=f"Unknown topic config name: {AFTER_MAX}")(asked)
        return answer

    async with cluster() as (controller, client):
        controller.brokers[0].on(Api.CREATE_TOPICS, old)
        settings = settings_of()
        assert all(topic.created for topic in (await create(client, settings)).values())
        assert len(controller.asked) == 1
        former = {
            name: configs["message.timestamp.difference.max.ms"]
            for asked in controller.asked
            for name, (_, _, configs) in asked.items()
            if "message.timestamp.difference.max.ms" in configs
        }
        assert former == {
            name: str(2**63 - 1) for name in (*settings.topics.required, settings.topics.limits, settings.topics.acts)
        }


async def test_another_bad_setting_is_refused_with_the_brokers_word() -> None:
    async with cluster() as (controller, client):
        controller.brokers[0].on(Api.CREATE_TOPICS, controller.create(BAD_CONFIG, said="Invalid value -3"))
        with pytest.raises(CannotCreate, match="Invalid value -3"):
            await create(client, settings_of())


SETTLED = [code for code in range(-1, 121) if code not in (0, EXISTS, *RETRIED)]


async def test_every_other_code_is_a_refusal_with_a_sentence() -> None:
    async with cluster() as (controller, client):
        for code in SETTLED:
            controller.brokers[0].on(Api.CREATE_TOPICS, controller.create(code))
            kind: type[AlphapulseError] = NotPermitted if code in (29, 31) else CannotCreate
            with pytest.raises(kind, match="no reason") as refused:
                await create(client, settings_of())
            assert refused.value.fix


async def test_partitions_are_fixed_for_life() -> None:
    async with cluster() as (controller, client):
        settings = settings_of()
        controller.topics[settings.topics.decisions] = 4
        controller.topics[settings.topics.control] = 1  # any number will do
        with pytest.raises(ConfigError, match="decisions has 4 partitions, not 8") as refused:
            await create(client, settings_of(partitions=8))
        assert "--partitions 4" in refused.value.fix
        assert not controller.asked  # nothing was made that would not fit
        # Who names no number gets that of the topics that exist.
        controller.topics[settings.topics.decisions] = 6
        made = await create(client, settings)
        assert {made[name].partitions for name in settings.worker_topics} == {6}


async def test_topics_that_brokers_do_not_know_yet_decide_the_number_of_partitions_too() -> None:
    """The controller has the input already; outputs must not be made unlike it."""
    settings = settings_of()
    async with cluster() as (controller, client):
        controller.topics |= {settings.topics.input: 6, settings.topics.acts: 1}
        none = answers.cluster(controller.brokers, {})
        controller.brokers[0].on(Api.METADATA, sequence(none, none, controller.metadata))
        made = await create(client, settings)
        assert {made[name].partitions for name in settings.worker_topics} == {6}
        assert {name for name, topic in made.items() if not topic.created} == {
            settings.topics.input,
            settings.topics.acts,
        }
        controller.topics = {settings.topics.input: 6}
        controller.brokers[0].on(Api.METADATA, sequence(none, none, controller.metadata))
        with pytest.raises(ConfigError, match="6 partitions, not 8"):
            await create(client, settings_of(partitions=8))
        assert len(controller.asked) == 1  # nothing was made that would not fit


async def test_what_differs_is_said() -> None:
    async with cluster(3, replicas=3) as (controller, client):
        settings = settings_of()
        await create(client, settings)
        kept = {"retention.ms": "604800000", "retention.bytes": "-1", "min.insync.replicas": "1"}
        for broker in controller.brokers:
            broker.on(Api.DESCRIBE_CONFIGS, answers.described_configs({settings.topics.input: kept}))
        made = await create(client, settings)
        assert made[settings.topics.input].differences == (
            ("retention.ms", "604800000", "-1"),
            ("min.insync.replicas", "1", "2"),
        )
        assert not made[settings.topics.output].differences


async def test_topics_that_may_not_be_seen_are_not_taken_for_missing() -> None:
    async with cluster() as (controller, client):
        broken = {name: answers.broken(29) for name in wanted(settings_of())}
        controller.brokers[0].on(Api.METADATA, answers.cluster(controller.brokers, broken))
        with pytest.raises(NotPermitted, match="no right to see"):
            await create(client, settings_of())
        assert not controller.asked
