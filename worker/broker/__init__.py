"""A real local Kafka: in a child process, as a daemon, or in a container."""

from worker.broker.listeners import Listener
from worker.broker.local import Broker

__all__ = ["Broker", "Listener"]
