"""Kafka: the partition loop, transactions, restore and rebalance. The engine knows nothing of it."""
