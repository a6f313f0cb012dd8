"""Transactions of Kafka 4 (KIP-890): what is written joins the transaction by being written.

aiokafka speaks the former protocol, in which two requests of a transaction only announce partitions and offsets. Its
connections, metadata and look-ups are used here as they are.
"""

from worker.stream.transactions.features import TransactionsTooOld
from worker.stream.transactions.producer import TransactionalProducer

__all__ = ["TransactionalProducer", "TransactionsTooOld"]
