"""A real local Kafka: one broker or a cluster, as child processes, a daemon or a container."""

from worker.broker.cluster import Cluster
from worker.broker.listeners import Listener
from worker.broker.local import Broker

__all__ = ["Broker", "Cluster", "Listener"]
