"""Plain ASGI applications beside the handlers: the live stream and the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from worker.gateway.gateway import Gateway

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]
API = "/api/"
# Modules with a function `mounts(gateway) -> Sequence[Mount]`.
MODULES = ("worker.gateway.stream", "worker.gateway.pages")


class Mounted(Protocol):
    """An application, and the paths that it answers."""

    @property
    def app(self) -> ASGI:
        """The application."""

    def answers(self, path: str) -> bool:
        """Return whether a request for `path` is for it."""


class Mount(NamedTuple):
    """An application at one path, or at all paths that begin with it; longer paths are tried first."""

    path: str
    app: ASGI
    below: bool = False  # whether it also answers what lies below the path; "/" has nothing of the API

    def answers(self, path: str) -> bool:
        """Return whether a request for `path` is for it."""
        if path == self.path:
            return True
        return self.below and path.startswith(self.path) and (self.path != "/" or not path.startswith(API))


def mounts(gateway: Gateway) -> Sequence[Mount]:
    """Return what the modules mount."""
    found = [one for name in MODULES if find_spec(name) for one in import_module(name).mounts(gateway)]
    return sorted(found, key=lambda mount: len(mount.path), reverse=True)
