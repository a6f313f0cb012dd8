"""Recognition of the columns of a table of bars, whatever their spelling, with or without a header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import NamedTuple

from worker.errors import DataError
from worker.sources.numbers import parse_number
from worker.sources.options import ReadOptions
from worker.sources.tables.words import WORDS
from worker.sources.times.dates import TextTimes
from worker.sources.times.headers import mark_of

# Spellings with everything but letters and digits removed, the likelier ones first. The adjusted close is no price at
# which anybody traded. European headers are those of Deutsche Börse, ariva, Boursorama, Finam and the like.
ALIASES: dict[str, tuple[str, ...]] = {
    "ts": ("ts", "opentime", "timeopen", "timestamp", "datetime", "windowstart", "tsevent", "unix", "unixtime",
           "unixtimestamp", "timestampms", "epoch", "utc", "bartime", "starttime", "begin", "date", "datum", "fecha",
           "data", "tradedate", "tradingday",
           "time", "t", "dt", "period", "indexlevel0", "unnamed0", "index", ""),
    "open": ("open", "o", "openprice", "openingprice", "pxopen", "first", "erster", "eroffnung", "eroffnungskurs",
             "eroeffnung", "ouverture", "apertura", "abertura", "ouv", "mido"),
    "high": ("high", "h", "highprice", "highest", "dayhigh", "pxhigh", "max", "hoch", "tageshoch", "plushaut", "haut",
             "maximo", "massimo", "maxima", "midh", "haute"),
    "low": ("low", "l", "lowprice", "lowest", "daylow", "pxlow", "min", "tief", "tagestief", "plusbas", "bas",
            "minimo", "minima", "midl", "basse"),
    "close": ("close", "c", "closeprice", "closingprice", "closelast", "last", "lastprice", "latest", "pxlast",
              "settle", "settlement", "settleprice", "settlementprice", "schluss", "schlusskurs", "cloture", "clot",
              "dernier", "cierre", "ultimo", "chiusura", "fechamento", "midc", "price", "prix", "precio", "prezzo",
              "zuletzt"),
    "volume": ("volume", "vol", "v", "basevolume", "volumebase", "volumefrom", "pxvolume", "totalvolume",
               "sharestraded", "numberofshares", "tradedvolume", "totaltradedquantity", "tottrdqty", "ttltrdqnty",
               "quantity", "qty", "stuecke", "stucke", "stuck", "realvolume", "volumen", "volumes", "titres",
               "tickvolume", "tickvol"),
    "symbol": ("symbol", "ticker", "sym", "instrument", "security", "s", "secid", "pair", "tickersymbol", "stocksymbol",
               "tradingsymbol", "symbolname", "currencypair", "ric", "isin", "figi", "cusip", "sedol", "wkn"),
    "ingest_ts": ("ingestts", "ingesttime", "receivedts"),
}  # fmt: skip
# Columns that name the instrument in some files and say something else in others: taken as the symbol where they tell
# rows of one time apart.
INSTRUMENTS = ("contract", "code", "stock", "coin", "product", "productid", "asset", "instrumentid", "securityid",
               "stockcode", "scrip", "name", "stockname", "company", "companyname")  # fmt: skip
SINGLE = "none"  # `--column symbol=none`: all rows are one instrument's
PRICES = ("open", "high", "low", "close")
PRICES_AND_VOLUME = (*PRICES, "volume")
REQUIRED = ("ts", *PRICES_AND_VOLUME)
_CLOCKED = {"date", "datum", "fecha", "data", "tradedate", "tradingday"}  # a day that may have its time beside it
_CLOCK: tuple[str, ...] = (
    "time", "uhrzeit", "zeit", "heure", "hora", "ora", "hour", "hourending", "hourend", "hourended", "he", "hr",
    "stunde",
)  # fmt: skip
_TIMES: set[str] = set()  # all words for times
_THOUSANDS, _MILLIONS = (
    {"000", "000s", "k", "thousands", "thousand", "tsd"},
    {"m", "mn", "mm", "mio", "mln", "millions"},
)
_MONEY = {"usd", "usdt", "usdc", "eur", "gbp", "chf", "jpy", "cny", "inr", "quote"}
_SETTLED = {"settle", "settlement", "settleprice", "settlementprice"}
_NOISE = re.compile(r"[\W_]+")
_NUMBERED = re.compile(r"^\s*\d+[a-z]?\.\s+")  # "1. open" of Alpha Vantage
_PAIR = re.compile(r"\('([^']*)', '([^']*)'\)")  # a column of two levels, as pandas writes it to Parquet
_NUMBERISH = re.compile(r"[\s$€£¥₹(+−-]*[\d.,][\d.,'\s\u00a0\u202f]*(?:e[+-]?\d+)?\s*[%kmbt)€$]?", re.IGNORECASE)
_OFFSETS = {"gmtoffset", "utcoffset", "tzoffset", "timezoneoffset"}
_FEW = 4  # numbers that make a row one of data


def plain(header: str) -> str:
    """Reduce a header to the spelling of the aliases."""
    pair = _PAIR.fullmatch(header.strip())
    text = _NUMBERED.sub("", (pair[1] if pair else header).lower())
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NOISE.sub("", text)


for _field, _words in WORDS.items():
    if _field in ALIASES:
        ALIASES[_field] += tuple(dict.fromkeys(map(plain, _words)))
_CLOCKED |= {plain(word) for word in WORDS["ts"]}
_CLOCK += tuple(map(plain, WORDS["clock"]))
_TIMES |= {*ALIASES["ts"], *_CLOCK} - {"", "t", "dt"}


@dataclass(frozen=True)
class Columns:
    """Positions of the columns in a row; `clock` is the time of day where date and time are apart."""

    ts: int
    numbers: tuple[int, int, int, int, int]  # open, high, low, close, volume
    symbol: int | None = None
    clock: int | None = None
    ingest_ts: int | None = None
    extra: tuple[tuple[str, int], ...] = ()  # further columns of numbers by name

    @property
    def width(self) -> int:
        """Cells a row must have at least."""
        others = self.symbol or 0, self.clock or 0, self.ingest_ts or 0
        return 1 + max(self.ts, *self.numbers, *others, *dict(self.extra).values())

    def with_volume(self, at: int) -> Columns:
        """Return the same columns with another one of volumes."""
        return replace(self, numbers=(*self.numbers[:4], at))

    def positions(self) -> dict[str, int]:
        """Return the position of each field that has a column."""
        found = {"ts": self.ts, "clock": self.clock} | dict(zip(PRICES_AND_VOLUME, self.numbers, strict=True))
        found |= {"symbol": self.symbol, "ingest_ts": self.ingest_ts, **dict(self.extra)}
        return {field: at for field, at in found.items() if at is not None}


class Found(NamedTuple):
    """Columns of a table, and those that could stand for the time or the volume instead, the likelier ones first."""

    columns: Columns
    times: list[tuple[int, int | None]]
    volumes: list[int]
    notes: list[str]


def recognised(header: Sequence[str]) -> int:
    """Count how many of time and prices a row of cells names: four and more make it a header."""
    spelled = {text for at, text in enumerate(_spelled(header)) if not at or text}  # the first may be unnamed
    return sum(bool(spelled & set(ALIASES[field])) for field in ("ts", *PRICES))


def recognise(header: Sequence[str], name: str, given: Mapping[str, str] | None = None) -> Found:
    """Return the columns of a table by its header; `given` are those that the user named.

    Raises:
        DataError: a needed column is missing or there are several; the message lists those seen and wanted.
    """
    spelled = _spelled(header)
    if "" in spelled[1:]:
        spelled = [cell if cell or not at else "?" for at, cell in enumerate(spelled)]
    named = {field: column for field, column in (given or {}).items() if not is_single(field, column, header)}
    chosen: dict[str, int | None] = {field: _named(header, column, field, name) for field, column in named.items()}
    if len(named) < len(given or {}):
        chosen["symbol"] = None
    clock = chosen.get("clock")
    times = _times(spelled, clock) if (when := chosen.get("ts")) is None else [(when, clock)]
    volumes = _volumes(spelled, header, name) if (volume := chosen.get("volume")) is None else [volume]
    found = {field: _one(field, spelled, header, name) for field in (*PRICES, "symbol", "ingest_ts")
             if field not in chosen}  # fmt: skip
    found |= chosen
    if times:
        found["ts"] = times[0][0]
    if volumes:
        found["volume"] = volumes[0]
    missing = [field for field in REQUIRED if found.get(field) is None]
    if missing:
        raise _missing(missing, {at for at in found.values() if at is not None}, header, name)
    numbers = tuple(int(found[field] or 0) for field in PRICES_AND_VOLUME)
    columns = Columns(times[0][0], numbers, found["symbol"], times[0][1], found["ingest_ts"])  # type: ignore[arg-type]
    notes = []
    settled = [cell.strip() for cell, text in zip(header, spelled, strict=True) if text in _SETTLED]
    if settled and "close" not in chosen and spelled[columns.numbers[3]] not in _SETTLED:
        close = header[columns.numbers[3]].strip()
        notes.append(f"the close is {close!r}; --column close={settled[0]!r} takes the settlement price instead")
    adjusted = [cell.strip() for cell, text in zip(header, spelled, strict=True) if text.startswith("adj")]
    if adjusted and "close" not in chosen:
        notes.append(f"prices are the raw ones of {header[columns.numbers[3]].strip()!r}; {adjusted[0]!r} is not used")
    return Found(columns, times, volumes, notes)


def _spelled(header: Sequence[str]) -> list[str]:
    """Spell the columns as the aliases, those of times without their zone: of several by one word the surest is it."""
    spelled = [plain(cell) for cell in header]
    marks = [None if text in _TIMES else mark_of(cell) for cell, text in zip(header, spelled, strict=True)]
    words = [text if mark is None else plain(mark.base) for text, mark in zip(spelled, marks, strict=True)]
    for word in {word for word, mark in zip(words, marks, strict=True) if mark is not None} & _TIMES:
        places = [at for at, each in enumerate(words) if each == word]
        best = min(places, key=lambda at: 1.5 if (mark := marks[at]) is None else mark.rank)
        for at in places:
            spelled[at] = word if at == best else "?"
    return spelled


def is_single(field: str, column: str, header: Sequence[str]) -> bool:
    """Return whether the user says that no column names the instrument."""
    return field == "symbol" and plain(column) == SINGLE and SINGLE not in map(plain, header)


def check_offsets(header: Sequence[str], times: str, name: str) -> None:
    """Refuse a column of offsets beside times that carry none.

    Raises:
        DataError: nobody says whether the times are UTC or local.
    """
    if (offsets := next((cell.strip() for cell in header if plain(cell) in _OFFSETS), None)) is not None:
        raise DataError(
            f"{name}: {offsets!r} stands beside {times.strip()!r}, whose times may be UTC or those of the exchange",
            "Give --timezone UTC, or the zone with these offsets, for example --timezone Asia/Tokyo",
        )


def _missing(missing: list[str], used: set[int], header: Sequence[str], name: str) -> DataError:
    """Return the error for fields without a known column, with the columns that could be meant."""
    left = [cell.strip() for at, cell in enumerate(header) if at not in used and cell.strip()]
    options = " ".join(f"--column {field}=…" for field in missing)
    what = f" one of {', '.join(left)[:200]}" if left else " its header"
    return DataError(
        f"{name}: no column for {', '.join(missing)}; seen: {_listed(header)}; wanted: {', '.join(REQUIRED)}",
        f"Give {options} with{what}, or a number from 1 to {len(header)}",
    )


def _named(header: Sequence[str], column: str, field: str, name: str) -> int:
    """Return the position of a column that the user named by its header, or by its number from 1."""
    exact = [at for at, cell in enumerate(header) if cell.strip() == column]
    alike = exact or [at for at, cell in enumerate(header) if plain(cell) == plain(column) and plain(column)]
    if len(alike) == 1:
        return alike[0]
    if not alike and column.isdecimal() and 1 <= int(column) <= len(header):
        return int(column) - 1
    kind = "several columns" if alike else "no column"
    raise DataError(
        f"{name}: {kind} {column!r} for {field}; seen: {_listed(header)}",
        f"Give --column {field}= one of these, or its number from 1 to {len(header)}",
    )


def _one(field: str, spelled: list[str], header: Sequence[str], name: str) -> int | None:
    for alias in ALIASES[field]:
        at = [place for place, cell in enumerate(spelled) if cell == alias]
        if len(at) == 1:
            return at[0]
        if at:
            raise DataError(
                f"{name}: {len(at)} columns {header[at[0]].strip()!r}; seen: {_listed(header)}",
                f"Give --column {field}={at[0] + 1}, by its number, or a file of one instrument",
            )
    return None


def _times(spelled: list[str], clock: int | None) -> list[tuple[int, int | None]]:
    found: list[tuple[int, int | None]] = []
    beside = next((spelled.index(name) for name in _CLOCK if name in spelled), None)
    for alias in ALIASES["ts"]:
        if alias not in spelled:
            continue
        at = spelled.index(alias)
        if alias in _CLOCKED and clock is None and beside is not None:
            found.append((at, beside))
        elif (at, at) != (beside, found[-1][1] if found else None):
            found.append((at, clock if alias in _CLOCKED else None))
    return found


def _volumes(spelled: list[str], header: Sequence[str], name: str) -> list[int]:
    found = [spelled.index(alias) for alias in ALIASES["volume"] if alias in spelled]
    if found:
        return found
    # "Volume BTC", "Volume(USDT)": the asset that is counted; averages such as "Volume MA" are none.
    assets = [at for at, cell in enumerate(spelled) if re.fullmatch(r"volume(?!ma|sma|ema|avg)[a-z0-9]{2,6}", cell)]
    if len(assets) == 1 and (what := _unit(header[assets[0]])):
        said = header[assets[0]].strip()
        raise DataError(
            f"{name}: {said!r} counts {what}, not shares, contracts or coins",
            f"Give another column, or this one as it stands: --column {quote(f'volume={said}')}",
        )
    if len(assets) <= 1:
        return assets
    bases = [at for at in assets if plain(header[at]).removeprefix("volume") not in _MONEY]
    if len(bases) == 1:
        return bases
    raise DataError(
        f"{name}: several columns of volumes: {', '.join(header[at].strip() for at in assets)}",
        f"Give --column volume={header[assets[0]].strip()!r} or another of them",
    )


def _unit(header: str) -> str:
    """Return what a column of volumes counts, if its header says that it is not the asset; else ""."""
    unit = plain(header).removeprefix("volume").removeprefix("in")
    return "thousands" if unit in _THOUSANDS else "millions" if unit in _MILLIONS else "money" if unit in _MONEY else ""


def _listed(header: Sequence[str]) -> str:
    return ", ".join(cell.strip() or "(unnamed)" for cell in header)[:300]


def with_extra(columns: Columns, header: Sequence[str], options: ReadOptions, name: str) -> Columns:
    """Return the columns with the further ones of the options: by header, or as the user named them.

    Raises:
        DataError: one that every file has is missing, or there are several.
    """
    spelled, found = [plain(cell) for cell in header], []
    for each in options.numbers:
        if each in options.columns or each in options.extra or plain(each) in spelled:
            found.append((each, _named(header, options.columns.get(each, each), each, name)))
    return replace(columns, extra=tuple(found))


def guess(row: Sequence[str], name: str) -> Columns:
    """Return the columns of a headerless table: time, open, high, low, close, volume, a symbol before or after them.

    The time may be a date and a time of day in two columns.

    Raises:
        DataError: the first row has another shape.
    """
    first = 1 if row and not is_time(row[0]) else 0
    if len(row) > first and is_time(row[first]):
        clock = first + 1 if len(row) >= first + 7 and _is_clock(row[first], row[first + 1]) else None
        at = first + 1 + (clock is not None)
        if len(row) >= at + 5 and all(is_number(cell) for cell in row[at : at + 5]):
            last = at + 5
            after = (
                last if not first and len(row) == last + 1 and row[last].strip() and not is_number(row[last]) else None
            )
            return Columns(first, (at, at + 1, at + 2, at + 3, at + 4), 0 if first else after, clock)
    raise DataError(
        f"{name}: the first row is neither a header nor {', '.join(REQUIRED)}; seen: {', '.join(row)[:200]}",
        f"Add a header with {', '.join(REQUIRED)} and, for several symbols, symbol; or name all columns by their "
        "numbers: " + " ".join(f"--column {field}=…" for field in REQUIRED),
    )


def overridden(guessed: Columns, given: Mapping[str, str], width: int, name: str) -> Columns:
    """Return the columns of a table without header, with those that the user named.

    Raises:
        DataError: two fields would share a column.
    """
    header = [f"column {at}" for at in range(1, width + 1)]
    chosen = {field: _named(header, column, field, name) for field, column in given.items()
              if not is_single(field, column, header)}  # fmt: skip
    found = guessed.positions() | chosen
    if "symbol" in given and "symbol" not in chosen:
        found.pop("symbol", None)
    twice = next((at for at in found.values() if list(found.values()).count(at) > 1), None)
    if twice is not None:
        shared = " and ".join(field for field, at in found.items() if at == twice)
        raise DataError(
            f"{name} has no header, and column {twice + 1} would be {shared}",
            "Name all columns by their numbers: " + " ".join(f"--column {field}=…" for field in REQUIRED),
        )
    numbers = found["open"], found["high"], found["low"], found["close"], found["volume"]
    return Columns(found["ts"], numbers, found.get("symbol"), found.get("clock"), found.get("ingest_ts"))


def is_data(row: Sequence[str]) -> bool:
    """Return whether a row holds data: a time and at least four numbers."""
    return any(map(is_time, row[:2])) and sum(map(is_number, row)) >= _FEW


def is_number(cell: str) -> bool:
    """Return whether a cell looks like a number in any notation."""
    return _NUMBERISH.fullmatch(cell) is not None or parse_number(cell) == parse_number(cell)


def is_time(cell: str) -> bool:
    """Return whether a cell is a date, with or without a time of day, or a whole number."""
    text = cell.strip()
    return text.isdecimal() or bool(TextTimes(True).read([text]).has[0] or TextTimes(False).read([text]).has[0])


def _is_clock(day: str, cell: str) -> bool:
    text = cell.strip()
    if not (":" in text or (text.isdecimal() and len(text) in (4, 6) and len(day.strip()) == 8)):
        return False
    return bool(TextTimes(False).read([f"2024-01-01 {text}"]).has[0])
