"""Text files of bars as chunks of columns; delimiter, header and what surrounds the table are detected."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from operator import itemgetter
from typing import IO, Any, NamedTuple

from worker.errors import DataError
from worker.sources.tables.columns import is_data, is_number, is_time, plain, recognised
from worker.sources.tables.content import FAILURES, FALLBACKS, Content, encoding_of
from worker.sources.times.kinds import blank

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
_BLOCK = 1 << 20  # characters
_ROWS = 16_384
_HEAD_LINES = 200
_SEARCHED = 60  # rows in which the header may stand
_FOOTER = 1_000  # lines of text that may stand below a table
_WHOLE_HEADER = 4  # of time and prices


NO_TIME = "the time cannot be read"
SHORT = "the row has too few columns"
LONG = "the row has more cells than the header names"
_SECOND = "a second header"


class Chunk(NamedTuple):
    """Some rows: the cells of each asked column, and the rows that are no bars."""

    columns: dict[int, Any]  # position → list of text, or `Typed`
    lines: Sequence[int]
    lost: list[tuple[str, int, str]]  # (why, line, text)
    odd: bool = True  # whether a cell may hold a comma or an underscore


class Structure(NamedTuple):
    """Where a table stands in its file."""

    delimiter: str
    header: list[str] | None
    skipped: int  # rows before the first row of data
    first: list[str]  # that row
    symbol: str | None  # that a line below the header names


class TextTable:
    """A file of text; can be read several times."""

    kind = "line"

    def __init__(self, content: Content) -> None:
        """Find the table.

        Raises:
            DataError: the file cannot be read or holds no table of bars.
        """
        self.content = content
        head = content.head()
        if not head.strip():
            raise DataError(f"{content.path} is empty", "Give a file with bars")
        self.encoding = encoding_of(head)
        self.structure = self._found(head)
        self.header = self.structure.header
        self.width = len(self.header or self.structure.first)
        self.named = _named(self.structure)
        self.cells = min(self.width, len(self.structure.first))  # that rows do have
        self.footer = 0  # lines of text below the table, known when it was read

    @property
    def delimiter(self) -> str:
        """The mark between cells."""
        return self.structure.delimiter

    @property
    def form(self) -> str:
        """The form of the file, for people."""
        more = [DELIMITERS[self.delimiter]]
        more += [] if self.encoding in {"utf-8", "utf-8-sig"} else [self.encoding.upper()]
        more += [self.content.packing] if self.content.packing else []
        more += [] if self.header else ["no header"]
        return f"CSV ({', '.join(more)})"

    @property
    def notes(self) -> list[str]:
        """Notes on what surrounds the table; below it, as far as it was read."""
        found = []
        if self.structure.header and self.structure.skipped > 1:
            found.append(f"the table begins in line {self.structure.skipped + 1} of {self.content.name}")
        if self.footer:
            lines = "1 line" if self.footer == 1 else f"{self.footer} lines"
            found.append(f"{lines} of text below the table {'is' if self.footer == 1 else 'are'} not read")
        return found

    def _found(self, head: bytes) -> Structure:
        for encoding in (self.encoding, *FALLBACKS):
            try:
                lines = io.TextIOWrapper(io.BytesIO(head), encoding, "strict", newline="").readlines()
            except UnicodeDecodeError as error:
                if error.end < len(head) - 8 or self.encoding.startswith("utf-16"):
                    continue
                lines = head.decode(encoding, "ignore").splitlines(keepends=True)
            self.encoding = encoding
            break
        else:
            raise self.content.unreadable(ValueError(f"the text is no {self.encoding}"))
        return find_table(lines[:_HEAD_LINES] if len(lines) < 2 or len(head) < 65_536 else lines[:-1][:_HEAD_LINES],
                          self.content.name)  # fmt: skip

    @contextmanager
    def _text(self) -> Iterator[IO[str]]:
        try:
            with self.content.open() as raw, io.TextIOWrapper(raw, self.encoding, newline=None) as text:
                yield text
        except (*FAILURES, csv.Error) as error:
            raise self.content.unreadable(error) from None

    def chunks(
        self, positions: Iterable[int], size: int = _BLOCK, time: int | None = None, careful: bool = False
    ) -> Iterator[Chunk]:
        """Yield the columns at some positions, in chunks of about `size` characters.

        With the column of times known, rows of words at the end are a footer; `careful` looks for a second header
        anywhere.

        Raises:
            DataError: the file cannot be read to its end, or holds two tables.
        """
        wanted = sorted(set(positions))
        held: list[tuple[str, int, list[str]]] = []  # rows that are a footer unless data follow
        with self._text() as text:
            line = _skip(text, self.structure.skipped, self.delimiter)
            while block := text.read(size):
                block += text.readline()
                plain = None if careful else self._plain(block, line, wanted, time)
                if plain is None and '"' in block:
                    # A quoted cell may go on in the next block: leave the rest to the module csv.
                    yield from self._chunks(chain(io.StringIO(block), text), line, wanted, held, time)
                    break
                if plain is None or held:
                    yield from self._chunks(io.StringIO(block), line, wanted, held, time)
                else:
                    yield plain
                line += block.count("\n")
        self.footer = len(held)

    def _plain(self, block: str, line: int, wanted: list[int], time: int | None) -> Chunk | None:
        """Return the columns of a block whose lines have as many cells as the first, none quoted; None for another."""
        delimiter = self.delimiter
        if any(odd in block for odd in ('"', f"{delimiter} ", "\n ", "\n\n")) or block[0] == " " or delimiter == " ":
            return None
        block = block.removesuffix("\n")
        width = block[: block.find("\n")].count(delimiter) + 1 if "\n" in block else block.count(delimiter) + 1
        if width <= wanted[-1]:
            return None
        # Make each end of a line a cell of its own: their places show whether all lines have the same width.
        cells = block.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
        count = (len(cells) + 1) // (width + 1)
        if len(cells) != count * (width + 1) - 1 or cells[width :: width + 1].count("\n") != count - 1:
            return None
        if time is not None and is_word(cells[-width + time]):
            return None  # perhaps a footer
        if any("".join(cells[at :: width + 1]).strip() for at in range(self.named, width)):
            return None  # perhaps more cells than names
        odd = "_" in block or (delimiter != "," and "," in block)
        columns = {at: cells[at :: width + 1] for at in wanted}
        return Chunk(columns, range(line + 1, line + 1 + count), [], odd)

    def _chunks(
        self, text: Iterable[str], line: int, wanted: list[int], held: list[tuple[str, int, list[str]]],
        time: int | None,
    ) -> Iterator[Chunk]:  # fmt: skip
        rows = csv.reader(text, delimiter=self.delimiter, skipinitialspace=True)
        pick = itemgetter(*wanted, *wanted[:1])
        while some := [(line + rows.line_num, row) for row in islice(rows, _ROWS)]:
            lost: list[tuple[str, int, str]] = []
            lines, fine = [], []
            for number, row in some:
                if not any(row):
                    continue
                if (words := self._words(row, wanted, time)) is not None:
                    held.append((words, number, row))
                    if len(held) > _FOOTER:
                        lost += self._between(held)
                elif len(row) <= wanted[-1]:
                    lost.append((SHORT, number, ",".join(row)))
                elif self._too_long(row):
                    lost.append((LONG, number, ",".join(row)))
                else:
                    fine.append(row)
                    lines.append(number)
                    lost += self._between(held)
            columns = zip(wanted, zip(*map(pick, fine), strict=True), strict=False)
            found: dict[int, Any] = {at: list(cells) for at, cells in columns}
            yield Chunk({at: found.get(at, []) for at in wanted}, lines, lost)

    def _words(self, row: list[str], wanted: list[int], time: int | None) -> str | None:
        """Classify a row of words between bars, which at the end of a file is a footer; return None for others."""
        short = len(row) <= wanted[-1]
        if time is None:
            return SHORT if short and _is_text(row) else None
        cell = row[time] if time < len(row) else ""
        if is_word(cell):
            return _SECOND if is_words(row) else SHORT if short else NO_TIME
        if not _is_text(row):
            return None
        if short:
            return SHORT
        # A remark in the first of many cells; a bar without numbers has a time there, or nothing.
        return NO_TIME if not cell.strip() or (any(map(str.isalpha, cell)) and not is_time(cell)) else None

    def _between(self, held: list[tuple[str, int, list[str]]]) -> list[tuple[str, int, str]]:
        """Return the held rows, since data follow them.

        Raises:
            DataError: one of them is a header.
        """
        for what, number, row in held:
            if what == _SECOND:
                raise DataError(
                    f"{self.content.name} holds two tables: line {number} is another header: {','.join(row)[:120]}",
                    "Give each table as a file of its own",
                )
        found = [(what, number, ",".join(row)) for what, number, row in held]
        held.clear()
        return found

    def _too_long(self, row: list[str]) -> bool:
        """Return whether a row has a number behind the last column that has a name, or anything behind the last one."""
        if len(row) <= self.named:
            return False
        return any(any(map(str.isdigit, cell)) for cell in row[self.named : self.width]) or any(
            cell.strip() for cell in row[self.width :]
        )


def _named(found: Structure) -> int:
    """Count the columns up to the last one with a name; of a table without header, those of its first row."""
    if found.header is None:
        return len(found.first)
    return max((at + 1 for at, cell in enumerate(found.header) if cell.strip()), default=0)


def is_word(cell: str) -> bool:
    """Return whether a cell says something and holds no digit: no time."""
    return not any(map(str.isdigit, cell)) and not blank(cell.strip())


def _skip(text: IO[str], rows: int, delimiter: str) -> int:
    """Skip some rows, and return their number of lines."""
    skipped = csv.reader(iter(text.readline, ""), delimiter=delimiter, skipinitialspace=True)
    for _ in islice(skipped, rows):
        pass
    return skipped.line_num


def _is_text(row: list[str]) -> bool:
    """Return whether a row that lacks cells is a remark and no broken bar."""
    filled = [cell for cell in row if cell.strip()]
    return len(filled) <= 3 and not any(map(is_number, filled))


def is_words(row: list[str]) -> bool:
    """Return whether a row is the header of a table, known or not: names for all of its columns, and no number."""
    filled = [cell for cell in row if cell.strip()]
    return len(filled) > _WHOLE_HEADER and not any(is_number(cell) or is_time(cell) for cell in filled)


def find_table(lines: list[str], name: str) -> Structure:
    """Find the table in the first lines of a text.

    Raises:
        DataError: there is none.
    """
    said = lines[0].strip().lower() if lines else ""
    told = said[4:5] if said.startswith("sep=") else ""
    best: Structure | None = None
    for delimiter in [told] if told else DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            continue
        found = _structure(rows, delimiter)
        if found is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    if best is None:
        first = next((line.strip() for line in lines if line.strip()), "")
        raise DataError(
            f"{name}: no header with time, open, high, low and close and no rows of bars; it begins: {first[:120]!r}",
            "Give a table of bars with a header: ts, open, high, low, close, volume",
        )
    _check_width(best, name)
    return best


def _rank(found: Structure) -> tuple[bool, int]:
    return found.header is not None, recognised(found.header) if found.header else len(found.first)


def _structure(rows: list[list[str]], delimiter: str) -> Structure | None:
    for at, row in enumerate(rows[:_SEARCHED]):
        count = recognised(row) if len(row) > _WHOLE_HEADER else 0
        if count >= _WHOLE_HEADER and not is_data(row):
            return _under(rows, at, delimiter)
    for at, row in enumerate(rows[:_SEARCHED]):
        below = next(filter(any, rows[at + 1 :]), [])
        if is_words(row) and sum(map(is_number, below)) >= _WHOLE_HEADER:
            return _under(rows, at, delimiter)  # a header of unknown words
        if is_data(row):
            return Structure(delimiter, None, at, row, None)
    return None


def _under(rows: list[list[str]], at: int, delimiter: str) -> Structure:
    """Return the table below its header; pandas writes lines for ticker and index name between (`yfinance`)."""
    header, symbol = list(rows[at]), None
    below = at + 1
    while below < len(rows) and rows[below] and not any(map(is_number, rows[below])):
        first = plain(rows[below][0])
        rest = {cell.strip() for cell in rows[below][1:] if cell.strip()}
        if first == "ticker" and len(rest) == 1:
            symbol = rest.pop()
        elif first in {"date", "datetime"} and not rest:
            header[0] = rows[below][0]
        elif not (first in {"ticker", "price", ""} or not any(rows[below])):
            break
        below += 1
    first_row = next((row for row in rows[below:] if any(row)), [])
    return Structure(delimiter, header, below, first_row, symbol)


def _check_width(found: Structure, name: str) -> None:
    if found.header is None or not found.first:
        return
    behind = found.first[_named(found) :]
    if any(map(str.isdigit, "".join(behind))) or any(cell.strip() for cell in found.first[len(found.header) :]):
        raise too_long(name, ",".join(found.first), "the rows")


def too_long(name: str, example: str, rows: str) -> DataError:
    """Return the error for rows with more cells than the header names."""
    return DataError(
        f"{name}: {rows} have more cells than the header names: {example[:120]}",
        "Quote numbers with a decimal comma or a thousands mark, or separate cells by semicolons; give every column a "
        "header",
    )
