"""The strategies of the gateway's settings: what a switch may name, loaded when it is first asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from worker.engine.settings import EngineSettings
from worker.settings import Settings, load_engine_of

if TYPE_CHECKING:
    from worker.strategy.shelf import Shelf


class Loaded(NamedTuple):
    """The strategies, and the engine's settings with all of the configured one."""

    shelf: Shelf
    engine: EngineSettings


class Sources:
    """Loads them once; a failure is told to each who asks, since files may be mended meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None

    def load(self) -> Loaded:
        """Return them; runs the users' modules, and blocks meanwhile.

        Raises:
            ConfigError: none is configured, or one is refused.
        """
        from worker.operate.strategies import shelf_of  # what runs strategies is imported where there are some

        with self._lock:
            if self._loaded is None:
                engine = load_engine_of(self._settings)
                self._loaded = Loaded(shelf_of(engine), engine)
            return self._loaded
