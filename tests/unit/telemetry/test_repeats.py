"""A broker that is away makes a few lines, not hundreds; what nobody expected is never held back."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from worker.telemetry.repeats import CONNECTION, SECONDS, Lowered, Repeats


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Collector(logging.Handler):
    """Keeps what passes."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.passed.append(record)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passed(clock: Clock) -> Iterator[list[logging.LogRecord]]:
    """What a handler with both filters lets through."""
    handler = Collector()
    handler.addFilter(Repeats(clock))
    handler.addFilter(Lowered())
    loggers = [logging.getLogger(name) for name in ("aiokafka", "worker", "another")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    yield handler.passed
    for logger, (level, propagate) in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def a_second_without_brokers() -> int:
    """What the library says; returns the lines."""
    client, fetcher = logging.getLogger("aiokafka.consumer.client"), logging.getLogger("aiokafka.consumer.fetcher")
    for node in range(3):
        client.error("Unable connect to node with id %s: %s", node, "refused")
        fetcher.error("Failed fetch messages from %s: %s", node, "gone")
    logging.getLogger("aiokafka.consumer.group_coordinator").error("Heartbeat send request failed: %s.", "gone")
    return 7


def test_brokers_that_are_away_are_one_line_each_half_minute_with_a_count(
    passed: list[logging.LogRecord], clock: Clock
) -> None:
    begun, seconds = clock.now, int(2 * SECONDS) + 1
    lines = 0
    for second in range(seconds):
        clock.now = begun + second
        lines += a_second_without_brokers()
    assert [record.getMessage() for record in passed] == [CONNECTION] * 3
    assert {record.levelname for record in passed} == {"WARNING"}
    assert passed[0].__dict__["cause"] == "Unable connect to node with id 0: refused"
    assert not hasattr(passed[0], "repeated")
    held = [record.__dict__["repeated"] for record in passed[1:]]
    assert sum(held) + len(passed) + 6 == lines  # six more came after the last line


def test_what_the_library_did_not_expect_keeps_level_and_traceback(passed: list[logging.LogRecord]) -> None:
    try:
        raise RuntimeError("bug")
    except RuntimeError:
        logging.getLogger("aiokafka.producer.sender").error("Unexpected error in sender routine", exc_info=True)
    logging.getLogger("aiokafka.cluster").error("Topic %s is not authorized for this client", "t")
    assert [(record.levelname, bool(record.exc_info)) for record in passed] == [("ERROR", True), ("WARNING", False)]
    assert passed[1].getMessage() == "Topic t is not authorized for this client"


def test_our_own_lines_pass_but_those_of_a_retry(passed: list[logging.LogRecord], clock: Clock) -> None:
    log = logging.getLogger("worker.stream.member")
    for attempt in range(5):
        log.warning("cannot open", extra={"partition": attempt % 2})
        log.warning("snapshot refused", extra={"key": "A"})
    assert [record.getMessage() for record in passed].count("cannot open") == 2
    assert [record.getMessage() for record in passed].count("snapshot refused") == 5
    clock.now += SECONDS
    log.warning("cannot open", extra={"partition": 0})
    assert passed[-1].__dict__["repeated"] == 2
    assert passed[-1].levelname == "WARNING"


def test_another_library_repeats_itself_once(passed: list[logging.LogRecord]) -> None:
    for _ in range(3):
        logging.getLogger("another.one").error("again")
    assert [record.levelname for record in passed] == ["ERROR"]
