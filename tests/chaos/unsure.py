"""Answers to commits that get lost when a test wants it: no proxy stands between a worker and three brokers."""

from __future__ import annotations

import signal

from aiokafka.errors import RequestTimedOutError

from worker.kafka.transactions import TransactionalProducer

LOSE = signal.SIGUSR1


def answers_lost_on_signal() -> None:
    """After this signal the next commit of each partition is made, and its answer is lost."""
    commit, known = TransactionalProducer.commit_transaction, set[str]()
    left: set[str] = set()

    async def changed(self: TransactionalProducer) -> None:
        known.add(self._id)
        await commit(self)
        if self._id in left:
            left.discard(self._id)
            raise RequestTimedOutError

    TransactionalProducer.commit_transaction = changed  # type: ignore[method-assign]
    signal.signal(LOSE, lambda *_: left.update(known))
