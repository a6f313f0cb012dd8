"""confluent-kafka by hand for the shortest latency: nothing lingers, and no call waits for longer than a millisecond.

At least once it commits once a second; exactly once each round, with all records that wait, is one transaction.
"""

from __future__ import annotations

import signal
import time

from tests.bench.peers.programs.arguments import arguments
from tests.bench.peers.programs.confluent_loop import Loop

COMMIT_S = 1.0
WAIT_S = 0.001  # a call for many returns after it; one that returns with the first record was slower exactly once
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
            self._process(self._consumer.consume(MOST, WAIT_S))
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
