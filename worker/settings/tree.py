"""Values of several sources in one tree, each with its origin; later sources override single values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from worker.settings.names import SettingPath
from worker.settings.origin import Origin


class Entry(NamedTuple):
    """One value, with its path and origin."""

    path: SettingPath
    value: Any
    origin: Origin


@dataclass
class Tree:
    """Nested tables whose leaves are entries."""

    root: dict[str, Any] = field(default_factory=dict)

    def put(self, path: SettingPath, value: Any, origin: Origin) -> None:
        """Set a value, and override an earlier one; a table is merged key by key."""
        node = self.root
        for part in path[:-1]:
            below = node.get(part)
            if not isinstance(below, dict):
                below = node[part] = {}
            node = below
        if not isinstance(value, Mapping):
            node[path[-1]] = Entry(path, value, origin)
            return
        if not value and not isinstance(node.get(path[-1]), dict):
            node[path[-1]] = Entry(path, {}, origin)
        for key, each in value.items():
            self.put((*path, str(key)), each, origin)

    def values(self) -> dict[str, Any]:
        """Return the tables without origins."""
        return _plain(self.root)

    def copy(self) -> Tree:
        """Return another tree with the same entries."""
        return Tree(_copied(self.root))

    def under(self, path: SettingPath) -> list[Entry]:
        """Return the entries at the path or below it, else the entry above it."""
        node: Any = self.root
        for part in path:
            if isinstance(node, Entry) or part not in node:
                break
            node = node[part]
        else:
            return list(_entries(node))
        return [node] if isinstance(node, Entry) else []

    def remove(self, path: SettingPath) -> bool:
        """Remove the path and everything below it; return False where there is nothing."""
        node = self.root
        for part in path[:-1]:
            node = node.get(part, {})
            if isinstance(node, Entry):
                return False
        return node.pop(path[-1], None) is not None


def _plain(node: dict[str, Any]) -> dict[str, Any]:
    return {key: each.value if isinstance(each, Entry) else _plain(each) for key, each in node.items()}


def _copied(node: dict[str, Any]) -> dict[str, Any]:
    return {key: each if isinstance(each, Entry) else _copied(each) for key, each in node.items()}


def _entries(node: Any) -> Iterator[Entry]:
    if isinstance(node, Entry):
        yield node
    else:
        for each in node.values():
            yield from _entries(each)
