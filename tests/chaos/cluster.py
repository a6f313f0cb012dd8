"""A broker with two doors that lead through proxies: one for the worker that suffers, one for another."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tests.chaos.proxy import Proxy
from worker.broker import Broker, Listener

BOOTSTRAP = "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"
PROPERTIES = {
    # Transactions that have run out are aborted within this time (default 10 s).
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "transaction.max.timeout.ms": "600000",
    # Else one that is frozen longer than a consumer's session may lose its leaderships for a moment (their session is
    # broker.session.timeout.ms, 9 s, after its last heartbeat), and Kafka 4.3.1 leaves out commit markers then.
    "broker.heartbeat.interval.ms": "500",
}


class Cluster:
    """One broker for the session; a test leaves it running and without faults."""

    def __init__(self) -> None:
        self.proxy, self.other = Proxy(), Proxy()
        doors = {"ONE": self.proxy, "OTHER": self.other}
        listeners = [Listener(name, advertised=proxy.address) for name, proxy in doors.items()]
        self.broker = Broker(listeners=listeners, properties=PROPERTIES)
        for name, proxy in doors.items():
            proxy.start(self.broker.port_of(name))

    @property
    def bootstrap(self) -> str:
        """The way around the proxies."""
        return self.broker.bootstrap

    def heal(self) -> None:
        """Undo every fault."""
        for proxy in (self.proxy, self.other):
            proxy.reset()
        if self.broker.running:
            self.broker.resume()
        else:
            self.broker.start()

    def __enter__(self) -> Self:
        self.broker.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for proxy in (self.proxy, self.other):
            proxy.close()
        self.broker.close()


def through(proxy: Proxy) -> dict[str, str]:
    """Environment of a worker that reaches the broker through this proxy."""
    return {BOOTSTRAP: proxy.address}
