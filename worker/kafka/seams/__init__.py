"""The only places that reach past aiokafka's public interface, pinned to 0.14 by the contract tests.

What records are fetched and sent with is imported from its module: it brings the compiler along.
"""

from worker.kafka.seams.clients import connect_once, fetch_each_alone, start_consumer, stop_consumer

__all__ = ["connect_once", "fetch_each_alone", "start_consumer", "stop_consumer"]
