"""Transactions of Kafka 4 (KIP-890), in which what is written joins the transaction by being written, and those of the
former protocol, which announces it.

aiokafka's connections, metadata and look-ups are used as they are; each answer is taken word by word.
"""

from worker.kafka.transactions.producer import CoordinatorMoved, EpochRefused, TransactionalProducer

__all__ = ["CoordinatorMoved", "EpochRefused", "TransactionalProducer"]
