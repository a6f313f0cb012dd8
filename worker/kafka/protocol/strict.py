"""Check that an answer holds exactly the requested entries."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from typing import TypeVar

from aiokafka.errors import KafkaError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Unclear(KafkaError):
    """An answer that lacks requested entries or has others: neither a success nor an error that Kafka names."""


def exactly(found: Iterable[tuple[K, V]] | None, asked: Collection[K], what: str) -> dict[K, V]:
    """Return the entries of an answer by key.

    Raises:
        Unclear: an entry is missing, duplicated or not requested, or the list is null.
    """
    if found is None:
        raise Unclear(f"{what}: the answer has no entries")
    entries: dict[K, V] = {}
    for key, value in found:
        if key in entries:
            raise Unclear(f"{what}: the answer has two entries of {key}")
        entries[key] = value
    if missing := [key for key in asked if key not in entries]:
        raise Unclear(f"{what}: the answer has no entry of {missing[0]}")
    if foreign := [key for key in entries if key not in asked]:
        raise Unclear(f"{what}: the answer has an entry of {foreign[0]}, which was not requested")
    return entries
