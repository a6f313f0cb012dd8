"""What is sent, what is repeated, and what goes to the fallback; the book's records bring all of it back."""

from __future__ import annotations

from pathlib import Path

import msgspec

from schemas.delivery import Delivery
from tests.support.alarms import START, Alarms, plan_of, portfolio
from worker.alerts.delivery.book import Book, Entries, Job, Result, Rules
from worker.alerts.routing.dispatch import Sent

HOUR = 3_600_000
FAILED, DELIVERED, REFUSED = Result("failed", "HTTP 503", 503), Result("delivered", status=200), Result("refused")
NAMES = {"ops": ("ops",), "chats": ("chats.1", "chats.2"), "mail": ("mail",)}


def sent(folder: Path, *receivers: str) -> Sent:
    alarms = Alarms(
        plan_of(
            folder,
            '[[routes]]\nreceivers = ["ops"]\nwait = "0s"\n[receivers.ops]\nkind = "webhook"\nurl = "http://h/"',
            shipped=True,
        )
    )
    alarms.put("portfolio", portfolio(0.9))
    alarms.step()
    return Sent(alarms.sent[0].message, receivers)


class Topic:
    """A book with the topic that it writes."""

    def __init__(self, fallback: str | None = "mail") -> None:
        self.records: dict[str, bytes] = {}
        self._fallback = fallback
        self.jobs = self.restart()

    def restart(self) -> list[Job]:
        """Another owner."""
        self.book = Book(Rules(lambda name: NAMES.get(name, ()), self._fallback, 24 * HOUR, 7 * 24 * HOUR))
        self.jobs = self.book.load(list(self.records.items()))
        return self.jobs

    def wrote(self, entries: Entries) -> None:
        for key, value in entries:
            if value is None:
                del self.records[key]
            else:
                self.records[key] = value

    def queue(self, one: Sent, now: int = START) -> list[Job]:
        jobs, entries = self.book.queue([one], now)
        self.wrote(entries)
        return jobs

    def settle(self, job: Job, result: Result, now: int = START) -> tuple[Job | None, list[Job]]:
        again, jobs, entries = self.book.settle(job, result, now)
        self.wrote(entries)
        return again, jobs

    def outcomes(self) -> dict[str, str]:
        found = {
            key: msgspec.json.decode(value, type=Delivery)
            for key, value in self.records.items()
            if "message/" not in key
        }
        return {one.receiver: one.outcome for one in found.values()}

    @property
    def messages(self) -> int:
        return sum(key.startswith("message/") for key in self.records)


def test_a_message_to_many_is_kept_until_all_have_it(tmp_path: Path) -> None:
    topic = Topic()
    jobs = topic.queue(sent(tmp_path, "ops", "chats", "ops"))
    assert [job.delivery.receiver for job in jobs] == ["ops", "chats.1", "chats.2"]
    for job in jobs:
        assert topic.messages == 1
        assert topic.settle(job, DELIVERED) == (None, [])
    assert topic.messages == 0
    assert set(topic.outcomes().values()) == {"delivered"}
    assert topic.restart() == []


def test_a_restart_takes_up_what_is_open_with_the_same_id(tmp_path: Path) -> None:
    topic = Topic()
    first, second = topic.queue(sent(tmp_path, "ops", "mail"))
    topic.settle(first, FAILED)
    topic.settle(second, DELIVERED)
    (again,) = topic.restart()
    assert (again.delivery.receiver, again.delivery.attempts, again.message) == ("ops", 1, first.message)
    assert topic.settle(again, DELIVERED) == (None, [])
    assert topic.messages == 0


def test_after_a_day_the_fallback_is_told(tmp_path: Path) -> None:
    topic = Topic()
    (job,) = topic.queue(sent(tmp_path, "ops"))
    again, none = topic.settle(job, FAILED, START + 23 * HOUR)
    assert again is not None
    assert none == []
    gone, (fallback,) = topic.settle(again, FAILED, START + 24 * HOUR)
    assert gone is None
    assert (fallback.delivery.receiver, fallback.message.cause) == ("mail", "fallback")
    assert fallback.message.message_id == job.message.message_id
    assert topic.outcomes() == {"ops": "expired", "mail": "queued"}
    assert [one.delivery.receiver for one in topic.restart()] == ["mail"]


def test_a_refusal_goes_to_the_fallback_at_once_but_not_round_and_round(tmp_path: Path) -> None:
    topic = Topic()
    (job,) = topic.queue(sent(tmp_path, "ops"))
    _, (fallback,) = topic.settle(job, REFUSED)
    assert topic.settle(fallback, REFUSED) == (None, [])
    assert topic.messages == 0
    assert topic.outcomes() == {"ops": "refused", "mail": "refused"}


def test_a_receiver_that_is_gone_is_noted(tmp_path: Path) -> None:
    topic = Topic()
    assert topic.queue(sent(tmp_path, "former")) == []
    assert topic.outcomes() == {"former": "no_receiver"}


def test_old_outcomes_are_removed(tmp_path: Path) -> None:
    topic = Topic(fallback=None)
    (job,) = topic.queue(sent(tmp_path, "ops"))
    topic.settle(job, REFUSED)
    topic.restart()
    assert topic.book.prune(START + 7 * 24 * HOUR) == []
    topic.wrote(topic.book.prune(START + 8 * 24 * HOUR))
    assert topic.records == {}
