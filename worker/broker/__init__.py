"""A real local Kafka: one broker or a cluster, in child processes, as a daemon, or in a container."""

from worker.broker.cluster import Cluster
from worker.broker.listeners import Listener
from worker.broker.local import Broker

__all__ = ["Broker", "Cluster", "Listener"]
