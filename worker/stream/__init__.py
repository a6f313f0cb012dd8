"""The worker: partition after partition, batch after batch; outputs, state and rebalances. The engine knows nothing of
it."""
