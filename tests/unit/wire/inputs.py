"""Input of the tests: the market's records with headers, odd keys and odd times, and what the engine makes of them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from aiokafka.record.util import encode_varint
from numpy.typing import NDArray

from tests.unit.backtest.market import market
from worker.engine.partition import PartitionEngine
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, Decoder, rows_of

Header = tuple[str, bytes | None]
SYMBOLS = [b"A", b'Q"\\uote', b"\\", b'"', b"SIM0001", b"~!" * 32]
HEADERS: list[list[Header]] = [
    [],
    [("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")],
    [("other", b"x"), ("tracestate", b"a=1"), ("traceparent", None), ("traceparents", b"no"), ("traceparent", b"")],
    [("other", None)],
    [("tracestate", bytes(300))] * 70,
    [("ключ", "значение".encode()), ("tracestate", b"\xff")],
]


class Batch(NamedTuple):
    """Raw records, their bars, and the engine's rows."""

    raw: RawRecords
    decoded: Decoded
    outs: NDArray[Any]


def encoded(headers: list[Header]) -> bytes:
    """Headers as in a record batch."""
    out = bytearray()
    encode_varint(len(headers), out.append)
    for name, value in headers:
        for part in (name.encode(), value):
            encode_varint(-1 if part is None else len(part), out.append)
            out += part or b""
    return bytes(out)


def with_headers(raw: RawRecords, headers: list[list[Header]]) -> RawRecords:
    """The records with one list of headers a record."""
    parts = [encoded(each) for each in headers]
    rows = raw.rows.copy()
    rows["headers_size"] = [len(part) for part in parts]
    rows["headers"] = raw.data.size + np.cumsum(rows["headers_size"]) - rows["headers_size"]
    return RawRecords(np.concatenate([raw.data, np.frombuffer(b"".join(parts), np.uint8)]), rows)


@cache
def played(detail: str = "compact") -> Batch:
    """The market as it is, every fault included."""
    settings = EngineSettings.model_validate({"decision": {"detail": detail}})
    keys, values, timestamps = zip(*market(), strict=True)
    records = Records(keys, values, timestamps)
    decoded = Decoder(settings.ingestion, {}).decode(records)
    offsets = np.arange(len(keys)) * 3 + 99_990
    outs = PartitionEngine(settings).step(keys, decoded)
    traced = [HEADERS[n % 50 if n % 50 < 4 else 0] for n in range(len(keys))]
    return Batch(with_headers(raw_records(records, offsets), traced), decoded, outs)


def odd(count: int, seed: int) -> Batch:
    """Accepted rows of the market in any order, with odd keys, headers, times, offsets and versions of limits."""
    random = np.random.default_rng(seed)
    _, decoded, outs = played()
    rows = random.choice(np.flatnonzero(outs["validation"]["accepted"]), count)
    decoded, outs = rows_of(decoded, rows), outs[rows]
    bars, decision = decoded.bars, outs["decision"]
    bars["ts"] = random.choice(
        [0, -1, -62_135_596_800_000, 253_402_300_799_999, 951_782_399_999, 1_700_000_000_000], count
    )
    bars["ts"] += random.integers(-(10**9), 10**9, count)
    bars["close"][::7] = random.normal(0, 1, bars["close"][::7].size)
    decision["score"] = np.round(random.normal(0, 10.0 ** random.integers(-6, 6, count)), 6)
    decision["control_all_version"] = random.choice([0, 0, 0, 7, -1], count)
    decision["reasons"] = random.integers(0, 1 << 32, count)
    symbols = [SYMBOLS[n] for n in random.integers(0, len(SYMBOLS), count)]
    timestamps = random.choice([0, -1, -(10**15), 1, 1_700_000_000_000, 2**62], count)
    timestamps[count // 2 :] = 1_700_000_000_000 + random.integers(-(10**6), 10**6, count - count // 2)
    records = Records(symbols, [b"{}"] * count, timestamps.tolist())
    offsets = np.sort(random.integers(0, 1 << 50, count))
    offsets[: count // 2] = np.arange(count // 2)
    found = [HEADERS[n] for n in random.choice(len(HEADERS), count, p=[0.6, 0.2, 0.1, 0.05, 0.01, 0.04])]
    return Batch(with_headers(raw_records(records, offsets), found), decoded._replace(bars=bars), outs)
