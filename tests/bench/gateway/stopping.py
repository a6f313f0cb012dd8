"""SIGTERM with a hundred open streams, half of them of readers that do not read."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.support.gateway import GatewayProcess
from tests.support.listening import Listener, stalled
from tests.support.ticks import make_topics
from worker.errors import Exit
from worker.settings import Settings

STREAMS = 100


async def sigterm_s(settings: Settings, folder: Path) -> float:
    """Seconds from the signal to the end of the process."""
    await make_topics(settings)
    with GatewayProcess(settings, folder, "stopped", ALPHAPULSE_GATEWAY__MAX_STREAMS=str(STREAMS)) as gateway:
        await gateway.ready()
        asleep = [await stalled(gateway.url, "symbol=A") for _ in range(STREAMS // 2)]
        listeners = [Listener(lambda: gateway.url, "symbol=B") for _ in range(STREAMS - len(asleep))]
        for listener in listeners:
            await listener.ready()
        begun = time.monotonic()
        gateway.send(signal.SIGTERM)
        assert await gateway.exit_code(30) == Exit.OK
        took = time.monotonic() - begun
        for listener in listeners:
            await listener.close()
        for _, writer in asleep:
            writer.close()
        return took
