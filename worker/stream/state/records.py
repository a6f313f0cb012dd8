"""Records of the state topic: keys, and the encoding of snapshots and journal entries, with checksums."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias
from zlib import crc32

import cramjam
import msgspec

from schemas.state import JournalEntry, SnapshotEnvelope, StrategyState

Encoding: TypeAlias = Literal["raw", "lz4"]
FORMAT = 1
WITH_STRATEGY = 2  # format of a snapshot that holds what a strategy keeps: releases before can't continue from it
OWNER, REPLAY_FROM = b"__owner__", b"__replay_from__"
BARRIER = b"__barrier__"  # written before the committed offset is read; its offset is the owner's term
JOURNAL = b"__journal__"
RESET = b"__reset__"
_RESERVED, _ESCAPE = b"__", b"_"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SnapshotEnvelope).decode
_decode_entry = msgspec.msgpack.Decoder(JournalEntry).decode


class Damaged(Exception):
    """A record that differs from what was written."""


class Snapshot(NamedTuple):
    """One symbol's state after the input record at `offset`."""

    symbol: str
    offset: int
    fingerprint: str
    carry_version: int
    carry: bytes
    derived: bytes
    engine_version: str
    config_hash: str
    warm_from: int
    warm_next: int
    term: int = 0  # of the owner that wrote it; 0 = unknown
    strategy: StrategyState | None = None


def state_key(symbol: bytes) -> bytes:
    """Return the key of a symbol's snapshot, escaped so that no symbol equals a reserved key."""
    return _ESCAPE + symbol if symbol.startswith(_RESERVED) else symbol


def symbol_of(key: bytes) -> bytes | None:
    """Return the symbol of a key; None for a reserved key."""
    if not key.startswith(_RESERVED):
        return key
    return key[len(_ESCAPE) :] if key.startswith(_ESCAPE + _RESERVED) else None


def pack(snapshot: Snapshot) -> bytes:
    """Encode a snapshot. Compress what bars can rebuild if that makes it smaller: a young state is mostly zero."""
    derived, encoding = _packed(snapshot.derived)
    envelope = SnapshotEnvelope(
        format=FORMAT if snapshot.strategy is None else WITH_STRATEGY,
        symbol=snapshot.symbol,
        offset=snapshot.offset,
        fingerprint=snapshot.fingerprint,
        carry_version=snapshot.carry_version,
        carry=snapshot.carry,
        derived=derived,
        crc32=0,
        encoding=encoding,
        engine_version=snapshot.engine_version,
        config_hash=snapshot.config_hash,
        warm_from=snapshot.warm_from,
        warm_next=snapshot.warm_next,
        term=snapshot.term,
        strategy=None if snapshot.strategy is None else _packed_strategy(snapshot.strategy),
    )
    envelope.crc32 = _checksum(envelope)
    return _encode(envelope)


def unpack(key: bytes, value: bytes) -> Snapshot:
    """Decode the snapshot in a record.

    Raises:
        Damaged: it can't be read, its checksum is wrong, or it is another symbol's.
    """
    try:
        found = _decode(value)
        known = found.format == (FORMAT if found.strategy is None else WITH_STRATEGY)
        intact = known and _checksum(found) == found.crc32 and state_key(found.symbol.encode()) == key
        if not intact:
            raise Damaged("checksum, format or symbol does not fit")
        derived = _unpacked(found.derived, found.encoding)
        strategy = None if found.strategy is None else _unpacked_strategy(found.strategy)
    except (msgspec.MsgspecError, UnicodeDecodeError, cramjam.DecompressionError) as error:
        raise Damaged(str(error)) from error
    return Snapshot(
        found.symbol,
        found.offset,
        found.fingerprint,
        found.carry_version,
        found.carry,
        derived,
        found.engine_version,
        found.config_hash,
        found.warm_from,
        found.warm_next,
        found.term,
        strategy,
    )


def _packed(content: bytes) -> tuple[bytes, Encoding]:
    packed = bytes(cramjam.lz4.compress_block(content))
    return (packed, "lz4") if len(packed) < len(content) else (content, "raw")


def _unpacked(content: bytes, encoding: Encoding) -> bytes:
    return bytes(cramjam.lz4.decompress_block(content)) if encoding == "lz4" else content


def _packed_strategy(strategy: StrategyState) -> StrategyState:
    memory, encoding = _packed(strategy.memory)
    return msgspec.structs.replace(strategy, memory=memory, encoding=encoding)


def _unpacked_strategy(strategy: StrategyState) -> StrategyState:
    memory = _unpacked(strategy.memory, strategy.encoding)
    return msgspec.structs.replace(strategy, memory=memory, encoding="raw")


def _checksum(envelope: SnapshotEnvelope) -> int:
    e = envelope
    origin = (e.format, e.symbol, e.offset, e.warm_from, e.warm_next) + ((e.term,) if e.term else ())
    meaning = (e.fingerprint, e.carry_version, e.encoding, e.engine_version, e.config_hash)
    strategy = b"" if e.strategy is None else _encode(e.strategy)
    return crc32(strategy, crc32(e.derived, crc32(e.carry, crc32(_encode((origin, meaning))))))


def reset_key(offset: int) -> bytes:
    """Return the key of the record of a reset: all symbols start empty at an input offset."""
    return RESET + str(offset).encode()


def journal_key(entry: JournalEntry) -> bytes:
    """Return the key of a journal entry."""
    return JOURNAL + f"control:{entry.key}:{entry.ordinal}".encode()


def pack_entry(entry: JournalEntry) -> bytes:
    """Encode a journal entry, with its checksum."""
    return _encode(msgspec.structs.replace(entry, crc32=_entry_checksum(entry)))


def unpack_entry(key: bytes, value: bytes) -> JournalEntry:
    """Decode the journal entry in a record.

    Raises:
        Damaged: it can't be read, its checksum is wrong, or it is another entry.
    """
    try:
        found = _decode_entry(value)
    except msgspec.MsgspecError as error:
        raise Damaged(str(error)) from error
    if found.format != FORMAT or _entry_checksum(found) != found.crc32 or journal_key(found) != key:
        raise Damaged("checksum, format or key does not fit")
    return found


def _entry_checksum(entry: JournalEntry) -> int:
    return crc32(_encode(msgspec.structs.replace(entry, crc32=0)))
