"""Transactions of Kafka 4 (KIP-890), and of the former protocol.

In Kafka 4 a partition joins the transaction by its first write; the former protocol announces it first. Connections,
metadata and look-ups are aiokafka's; each answer is checked strictly. `idempotent` is the producer without them.
"""

from worker.kafka.transactions.producer import CoordinatorMoved, EpochRefused, TransactionalProducer

__all__ = ["CoordinatorMoved", "EpochRefused", "TransactionalProducer"]
