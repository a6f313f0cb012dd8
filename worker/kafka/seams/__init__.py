"""The only modules that use private parts of aiokafka, pinned to 0.14 by the contract tests.

The seams of fetching and sending are not re-exported here: they import the compiler.
"""

from worker.kafka.seams.clients import connect_once, fetch_each_alone, start_consumer, stop_consumer
from worker.kafka.seams.resting import rest_when_idle

__all__ = ["connect_once", "fetch_each_alone", "rest_when_idle", "start_consumer", "stop_consumer"]
