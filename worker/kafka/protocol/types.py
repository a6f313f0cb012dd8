"""Types of Kafka's protocol that aiokafka lacks, and short names for types that it has."""

from __future__ import annotations

from io import BytesIO

from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.types import CompactString, String

TEXT = CompactString("utf-8")
OLD_TEXT = String("utf-8")


class Uuid(AbstractType[int]):
    """16 bytes as an integer; 0 where there is none."""

    @classmethod
    def encode(cls, value: int) -> bytes:
        """Encode big-endian."""
        return value.to_bytes(16, "big")

    @classmethod
    def decode(cls, data: BytesIO) -> int:
        """Decode 16 bytes.

        Raises:
            ValueError: there are fewer.
        """
        value = data.read(16)
        if len(value) != 16:
            raise ValueError("a topic id is truncated")
        return int.from_bytes(value, "big")

    @classmethod
    def repr(cls, value: int) -> str:
        """Format for messages."""
        return f"{value:032x}"
