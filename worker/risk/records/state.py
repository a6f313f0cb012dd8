"""The state of the monitor as records of a compacted topic: `head`, `rows-<k>` and `ret-<n mod 512>`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from worker.errors import DataError
from worker.risk.book.account import Account
from worker.risk.book.book import Book
from worker.risk.book.decided import Arrived
from worker.risk.book.holdings import ROW
from worker.risk.book.window import ReturnRow
from worker.risk.figures.covariance import WINDOW
from worker.risk.rules.desk import Desk
from worker.risk.rules.overlay import Overlay
from worker.risk.rules.rules import Rules

FORMAT = 1
HEAD = "head"
BLOCK = 1_024  # symbols in a record, so that none outgrows what a broker takes
_encode = msgspec.msgpack.Encoder().encode
_row = msgspec.msgpack.Decoder(ReturnRow).decode


class Head(msgspec.Struct, array_like=True):
    """All but the symbols' rows and the returns."""

    format: int
    number: int  # of the last record
    ts: int  # of the last step
    cut: list[int]
    account: Account
    rules: Rules
    overlay: Overlay
    desk: Desk
    unreadable: int  # decisions that nobody acknowledged
    returns: int  # rows ever
    symbols: list[str]  # by slot
    waiting: list[Arrived]  # decisions that were read and are of later steps


_head = msgspec.msgpack.Decoder(Head).decode


class Blocks:
    """The symbols' rows in records, and which of them changed since they were last written."""

    def __init__(self) -> None:
        self._written: dict[str, bytes] = {}

    def changed(self, book: Book) -> list[tuple[str, bytes]]:
        """Return the records that differ from those written before."""
        rows = book.holdings.rows
        found = []
        for at in range(0, len(rows), BLOCK):
            key, value = f"rows-{at // BLOCK}", rows[at : at + BLOCK].tobytes()
            if self._written.get(key) != value:
                self._written[key] = value
                found.append((key, value))
        return found


def records(head: Head, rows: list[ReturnRow], blocks: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return what a step writes: new returns, changed rows, and the head last."""
    returns = [(f"ret-{row.number % WINDOW}", _encode(row)) for row in rows]
    return [*returns, *blocks, (HEAD, _encode(head))]


def restore(stored: Mapping[str, bytes], book: Book) -> Head:
    """Restore the book from the newest record of each key; return the head.

    Raises:
        DataError: records are missing or damaged.
    """
    try:
        head = _head(stored[HEAD])
        rows = b"".join(stored[f"rows-{at}"] for at in range(-(-len(head.symbols) // BLOCK)))
        returns = [_row(stored[f"ret-{at % WINDOW}"]) for at in range(max(0, head.returns - WINDOW), head.returns)]
    except KeyError as error:
        raise _damaged(f"it has no record {error.args[0]!r}") from None
    except msgspec.DecodeError as error:
        raise _damaged(str(error)) from None
    if head.format != FORMAT:
        raise _damaged(f"its format is {head.format}, this release reads {FORMAT}")
    if len(rows) != len(head.symbols) * ROW.itemsize:
        raise _damaged(f"it has {len(rows)} bytes for {len(head.symbols)} symbols")
    numbers = [row.number for row in returns]
    if numbers != list(range(head.returns - len(numbers), head.returns)):
        raise _damaged("rows of returns are missing")
    book.restore(head.symbols, rows, head.waiting)
    for row in returns:
        book.returns.put(row)
    return head


def return_times(stored: Mapping[str, bytes], count: int) -> list[int]:
    """Return when the rows of returns in a restored state of `count` rows ever ended, oldest first, epoch ms UTC."""
    return [_row(stored[f"ret-{at % WINDOW}"]).ts for at in range(max(0, count - WINDOW), count)]


def _damaged(why: str) -> DataError:
    return DataError(f"the state of the portfolio's risk can't be restored: {why}", "Rebuild it from the decisions")
