"""confluent-kafka by hand for the shortest latency: nothing lingers, and no call waits for more than one record.

At least once it commits once a second; exactly once each round, with all records that wait, is one transaction.
"""

from __future__ import annotations

import signal
import time

from tests.bench.peers.programs.arguments import arguments
from tests.bench.peers.programs.confluent_loop import Loop

COMMIT_S = 1.0
WAIT_S = 0.1
MOST = 10_000  # records of a round


class LowLatency(Loop):
    """The loop with rounds as short as their records allow."""

    def run(self) -> None:
        """Until `stop`."""
        self._consumer.subscribe([self._given.input])
        if self._given.exactly_once:
            self._producer.init_transactions()
        due = time.monotonic() + COMMIT_S
        while self._running:
            # A call for many with a time limit would hold the first back until the limit has passed.
            messages = self._consumer.consume(1, WAIT_S)
            if messages:
                messages += self._consumer.consume(MOST, 0)
            self._process(messages)
            self._producer.poll(0)
            if self._given.exactly_once or time.monotonic() >= due:
                self._commit()
                due = time.monotonic() + COMMIT_S
        self._commit()
        self._consumer.close()


def main() -> None:
    """Until SIGTERM."""
    loop = LowLatency(arguments(), linger_ms=0)
    signal.signal(signal.SIGTERM, loop.stop)
    loop.run()


if __name__ == "__main__":
    main()
