"""What a decision says of the strategy: its answer's status, tag and notes, and the entry that waits."""

from __future__ import annotations

from worker.engine.asking.intent import LIMIT, MARKET, Status
from worker.engine.asking.settings import StrategySettings
from worker.engine.elementary.float_bits import from_bits
from worker.engine.intrinsics.addresses import i8_at
from worker.engine.kernel import kernel
from worker.engine.output.encoding.members import offset
from worker.engine.output.encoding.numbers import put_float, put_int
from worker.engine.output.encoding.text import put_text

ITEM, WORD_ROW = 8, 16  # bytes
STATUSES = [f'"{status.name}"' for status in Status]
# Texts between the values, at places known to the kernel; then the strategy's tags and the names of its notes.
PIECES = [
    ',"tag":',
    "null",
    ',"notes":{',
    ",",
    "}",
    ',"entry":"limit","price":',
    ',"entry":"stop","price":',
    ',"bars":',
]
TAG, NULL, NOTES, COMMA, END, AT_LIMIT, AT_STOP, BARS = range(len(STATUSES), len(STATUSES) + len(PIECES))
NAMED = len(STATUSES) + len(PIECES)
NUMBERS = 7  # in what is written, at most
STATUS_AT, TAG_AT, NOTES_AT = (offset(f"said.intent.{name}") for name in ("status", "tag", "notes"))
KIND_AT, PRICE_AT, BARS_AT = (offset(f"said.{name}") for name in ("kind", "price", "bars"))


def words_of(strategy: StrategySettings) -> list[str]:
    """Return the words of a strategy, in the order that `put_said` knows."""
    return [*STATUSES, *PIECES, *(f'"{tag}"' for tag in strategy.tags), *(f'"{note}":' for note in strategy.notes)]


def head_of(strategy: StrategySettings) -> str:
    """Return the member's text up to the status."""
    return f',"strategy":{{"id":"{strategy.name}","version":{strategy.version},"status":'


@kernel
def _put_word(at, text, words, word):  # type: ignore[no-untyped-def]
    row = words + word * WORD_ROW
    return put_text(at, text + i8_at(row, 0), i8_at(row, 8))


@kernel
def put_said(at, text, words, base, tags, notes, out):  # type: ignore[no-untyped-def]
    """Write what the output row at `out` says of a strategy with so many tags and notes, from the status on.

    Its words begin at `base`.
    """
    at = _put_word(at, text, words, base + i8_at(out, STATUS_AT))
    at = _put_word(at, text, words, base + TAG)
    tag = i8_at(out, TAG_AT)
    at = _put_word(at, text, words, base + (NAMED + tag if 0 <= tag < tags else NULL))
    at = _put_word(at, text, words, base + NOTES)
    for k in range(notes):
        if k > 0:
            at = _put_word(at, text, words, base + COMMA)
        at = _put_word(at, text, words, base + NAMED + tags + k)
        at = put_float(at, from_bits(i8_at(out, NOTES_AT + k * ITEM)))
    at = _put_word(at, text, words, base + END)
    kind = i8_at(out, KIND_AT)
    if kind != MARKET:
        at = _put_word(at, text, words, base + (AT_LIMIT if kind == LIMIT else AT_STOP))
        at = put_float(at, from_bits(i8_at(out, PRICE_AT)))
        at = put_int(_put_word(at, text, words, base + BARS), i8_at(out, BARS_AT))
    return _put_word(at, text, words, base + END)
