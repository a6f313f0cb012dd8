"""Symbols are what a record's key may be; what looks odd about those of a file is said."""

from __future__ import annotations

import pytest

from worker.errors import ConfigError
from worker.sources.options import ReadOptions
from worker.sources.record import is_symbol, odd


@pytest.mark.parametrize("text", ["AAPL", "BRK.A", "BTC/USD", "^GSPC", "x" * 64])
def test_what_is_a_symbol(text: str) -> None:
    assert is_symbol(text)
    assert ReadOptions(symbol=text).symbol == text


@pytest.mark.parametrize("text", ["", "NOVO B/x", "MÜLLER", "A\n", "x" * 65])
def test_what_is_none(text: str) -> None:
    assert not is_symbol(text)
    with pytest.raises(ConfigError, match="is no symbol") as caught:
        ReadOptions(symbol=text)
    assert "printable ASCII characters without spaces, for example" in caught.value.fix
    assert is_symbol(caught.value.fix.rpartition(" ")[2])


def test_twins_and_what_no_record_may_have() -> None:
    assert odd(["AAPL", "MSFT"]) == []
    assert odd(["AAPL", "aapl"]) == ["'AAPL' and 'aapl' are two symbols: they differ by case only"]
    (note,) = odd(["Apple Inc.", "Müller"])
    assert note.startswith("'Apple Inc.' and 1 more cannot be symbols")
