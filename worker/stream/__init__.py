"""The worker: poll loop, rebalances, partitions, outputs and state. The engine does not depend on it."""
