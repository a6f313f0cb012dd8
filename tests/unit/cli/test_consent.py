"""A question before something that cannot be undone: yes goes on, all else ends with a sentence."""

from __future__ import annotations

import io

import pytest

from worker.cli.consent import NotConfirmed, confirm
from worker.errors import Exit


def test_yes_goes_on_and_asks_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    confirm("Remove it?")
    shown = capsys.readouterr()
    assert not shown.out
    assert "Remove it?" in shown.err


@pytest.mark.parametrize(("typed", "why"), [("n\n", "the answer was no"), ("", "the question was not answered")])
def test_all_else_says_that_nothing_was_done(monkeypatch: pytest.MonkeyPatch, typed: str, why: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(NotConfirmed, match=why) as caught:
        confirm("Remove it?")
    assert caught.value.exit_code == Exit.USAGE
