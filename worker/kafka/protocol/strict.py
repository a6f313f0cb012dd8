"""Whether an answer speaks of exactly what was asked."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from typing import TypeVar

from aiokafka.errors import KafkaError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Unclear(KafkaError):
    """An answer without what was asked for, or with something else: neither an error that Kafka names nor a success."""


def exactly(found: Iterable[tuple[K, V]] | None, asked: Collection[K], what: str) -> dict[K, V]:
    """The entries of an answer by what they speak of.

    Raises:
        Unclear: an entry is missing, foreign or there twice, or there is no list at all.
    """
    if found is None:
        raise Unclear(f"{what}: the answer has no entries")
    entries: dict[K, V] = {}
    for key, value in found:
        if key in entries:
            raise Unclear(f"{what}: the answer speaks twice of {key}")
        entries[key] = value
    if missing := [key for key in asked if key not in entries]:
        raise Unclear(f"{what}: the answer says nothing of {missing[0]}")
    if foreign := [key for key in entries if key not in asked]:
        raise Unclear(f"{what}: the answer speaks of {foreign[0]}, which was not asked for")
    return entries
