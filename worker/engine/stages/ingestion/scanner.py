"""Scanner of flat JSON bars straight into BAR rows. Records that are not certainly bars go to the exact decoder."""

from __future__ import annotations

import numpy as np

from schemas.tick import MAX_SYMBOL, MAX_TS, MIN_TS, WEEK_MS
from worker.engine.bar import BAR
from worker.engine.elementary.words import address_of, byte_at, word_at
from worker.engine.kernel import inlined, kernel
from worker.engine.stages.ingestion.digits import read_digits
from worker.engine.stages.ingestion.numerals import REACH, read_integer, read_number
from worker.engine.stages.ingestion.text import QUOTE, is_symbol, skip_space, skip_text

FIELDS = (b"symbol", b"ts", b"open", b"high", b"low", b"close", b"volume", b"interval")
SYMBOL, TS, FIRST_NUMBER, LAST_NUMBER, INTERVAL, UNKNOWN = 0, 1, 2, 6, 7, 8
REQUIRED = (1 << INTERVAL) - 1
# The first eight bytes of each name with its closing quote, and a mask of those that count.
NAMES = np.array([int.from_bytes((name + b'"')[:8], "little") for name in FIELDS], np.uint64)
MASKS = np.array([2 ** (8 * min(len(name) + 1, 8)) - 1 for name in FIELDS], np.uint64)
WIDTHS = np.array([len(name) + 2 for name in FIELDS])  # with both quotes

OPEN, CLOSE, COLON, COMMA, MINUS = b"{}:,-"
ZERO, NINE = b"09"
FRAME, FRAME_SIZE = 0, 5  # 0x00 and a schema id, as schema-registry serializers write
WORDS = [int.from_bytes(word, "little") for word in (b"true", b"null", b"false")]
TRUE, NULL, FALSE = (np.uint64(word) for word in WORDS)
FOUR_BYTES, FIVE_BYTES = np.uint64(2**32 - 1), np.uint64(2**40 - 1)

S, M, H, D, W = b"smhdw"
INTERVAL_DIGITS = 6
PAD = REACH + 64  # readable bytes needed after a value
NAMED = list(BAR.names or ())
COLUMNS = len(NAMED)  # of a BAR row, all of 8 bytes
TS_COLUMN, INTERVAL_COLUMN, INGEST_COLUMN = (NAMED.index(name) for name in ("ts", "interval_ms", "ingest_ts"))
NUMBER_COLUMN, MASK_COLUMN = NAMED.index("open"), NAMED.index("mask")


@inlined
def _field(at, expected):  # type: ignore[no-untyped-def]
    # The field whose name is at `at`, after its quote. Most producers keep one order: try the expected one first.
    word = word_at(at)
    field = expected
    if word & MASKS[field] != NAMES[field]:
        field = 0
        while field < UNKNOWN and word & MASKS[field] != NAMES[field]:
            field += 1
    if field == INTERVAL and byte_at(at + 8) != QUOTE:
        field = UNKNOWN
    return field


@kernel
def _read_interval(at):  # type: ignore[no-untyped-def]
    # (address after its closing quote, ms) of the interval at `at`, after its opening quote.
    after, count = read_digits(at, 0)
    if byte_at(at) == ZERO or after == at or after - at > INTERVAL_DIGITS:
        return -1, 0
    unit = byte_at(after)
    after += 1
    scale = 0
    if unit == M and byte_at(after) == S:
        after += 1
        scale = 1
    elif unit == M:
        scale = 60_000
    elif unit == S:
        scale = 1_000
    elif unit == H:
        scale = 3_600_000
    elif unit == D:
        scale = 86_400_000
    elif unit == W:
        scale = WEEK_MS if count == 1 else 604_800_000
    if scale == 0 or byte_at(after) != QUOTE:
        return -1, 0
    return after + 1, count * scale


@kernel
def skip_scalar(at, end):  # type: ignore[no-untyped-def]
    """Return the address after a plain string, number or literal; -1 for anything else."""
    first = byte_at(at)
    if first == QUOTE:
        return skip_text(at + 1, end)
    if first == MINUS or ZERO <= first <= NINE:
        return read_number(at)[0]
    word = word_at(at)
    if word & FOUR_BYTES == TRUE or word & FOUR_BYTES == NULL:
        return at + 4
    return at + 5 if word & FIVE_BYTES == FALSE else -1


@kernel
def _read_bar(at, end, key, key_size, integers, numbers):  # type: ignore[no-untyped-def]
    """Return whether the text is one bar of the symbol at `key`, and write its row. Its interval is 0 when absent.

    Every iteration begins before `end`, and reads at most PAD bytes ahead.
    """
    at = skip_space(at, end)
    if byte_at(at) != OPEN:
        return False
    at += 1
    seen = 0
    field = -1
    integers[INTERVAL_COLUMN] = 0
    while True:
        at = skip_space(at, end)
        if at >= end or byte_at(at) != QUOTE:
            return False
        field = _field(at + 1, field + 1 if field < INTERVAL else 0)
        at = at + WIDTHS[field] if field < UNKNOWN else skip_text(at + 1, end)
        if at < 0 or (field < UNKNOWN and (seen >> field) & 1):
            return False
        at = skip_space(at, end)
        if byte_at(at) != COLON:
            return False
        at = skip_space(at + 1, end)
        if FIRST_NUMBER <= field <= LAST_NUMBER:
            at, numbers[NUMBER_COLUMN + field - FIRST_NUMBER] = read_number(at)
        elif field == TS:
            at, ts = read_integer(at)
            if ts < MIN_TS or ts > MAX_TS:
                return False
            integers[TS_COLUMN] = ts
        elif field == UNKNOWN:
            at = skip_scalar(at, end)
        elif byte_at(at) != QUOTE:
            return False
        elif field == SYMBOL:
            if at + key_size >= end or not is_symbol(at + 1, key, key_size):
                return False
            at += 1 + key_size
            if byte_at(at) != QUOTE:
                return False
            at += 1
        else:
            at, integers[INTERVAL_COLUMN] = _read_interval(at + 1)
        if at < 0:
            return False
        seen |= 1 << field
        at = skip_space(at, end)
        if byte_at(at) != COMMA:
            break
        at += 1
    if byte_at(at) != CLOSE or seen & REQUIRED != REQUIRED:
        return False
    return skip_space(at + 1, end) == end


@inlined
def place(data, base, start, size, spare):  # type: ignore[no-untyped-def]
    """Return the address of a value with PAD readable bytes behind it; -1 where there is no room for a copy.

    `base` is that of `data`.
    """
    at = base + start
    if start + size + PAD > data.size:
        if size + PAD > spare.size:
            at = -1
        else:
            for n in range(size):
                spare[n] = data[start + n]
            spare[size : size + PAD] = 0
            at = address_of(spare)
    return at


@kernel
def scan(data, rows, spare, integers, numbers, exact, max_bytes):  # type: ignore[no-untyped-def]
    """Write the BAR row of each record that is certainly a bar; `exact` marks the others.

    `data` and `rows` are those of `RawRecords`, `integers` and `numbers` the BAR rows as int64 and float64 of shape
    (n, columns). A bar without an interval gets 0. Values near the buffer's end are read from their copy in `spare`.
    """
    base = address_of(data)
    for i in range(rows.size):
        row = rows[i]
        exact[i] = True
        size, key_size = np.int64(row.value_size), np.int64(row.key_size)
        if not (0 < size <= max_bytes and 0 < key_size <= MAX_SYMBOL and row.key + key_size + 8 <= data.size):
            continue
        at = place(data, base, row.value, size, spare)
        if at < 0:
            continue
        end = at + size
        if byte_at(at) == FRAME:
            at += FRAME_SIZE
        if at < end and _read_bar(at, end, base + row.key, key_size, integers[i], numbers[i]):
            integers[i, INGEST_COLUMN] = row.timestamp
            integers[i, MASK_COLUMN] = 0
            exact[i] = False
