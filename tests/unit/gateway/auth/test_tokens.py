"""The token file, what is wrong in it, and what happens when it changes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.commands import call
from worker.errors import ConfigError, Exit
from worker.gateway.auth import token_file
from worker.gateway.auth.token_file import TokenFile
from worker.gateway.auth.tokens import Token, digest, find, new_token, read_tokens

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DIGEST = "0" * 64


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_token_is_found_by_its_lines(tmp_path: Path) -> None:
    secret, lines = new_token('ann "the" \\ risk officer', "operate", timedelta(days=90), NOW)
    other, more = new_token("bob", "read", None, NOW)
    tokens = read_tokens(written(tmp_path / "tokens.toml", f"{lines}\n\n{more}\n"))
    assert secret not in lines
    found, second = find(tokens, secret), find(tokens, other)
    assert found == Token('ann "the" \\ risk officer', "operate", digest(secret), NOW.timestamp() + 90 * 86_400)
    assert second is not None
    assert (second.label, second.role, second.expires) == ("bob", "read", None)
    assert find(tokens, secret[:-1]) is None
    assert (found.expired(NOW.timestamp()), found.expired(NOW.timestamp() + 90 * 86_400)) == (False, True)
    assert not second.expired(1e18)


ENTRY = f'[[token]]\nlabel = "a"\nrole = "read"\nsha256 = "{DIGEST}"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[token]", "is no TOML"),
        ("", "does not consist of"),
        ('token = "secret"', "does not consist of"),
        ("token = [1]", "does not consist of"),
        (f"{ENTRY}\n[other]\nx = 1", "does not consist of"),
        (ENTRY.replace('label = "a"\n', ""), "entry 1 .* has no label"),
        (ENTRY.replace('"a"', '""'), "printable characters"),
        (ENTRY.replace('"a"', '"a\\u001b[2J"'), "printable characters"),
        (ENTRY.replace('"read"', '"root"'), "its role is not"),
        (ENTRY.replace(DIGEST, "0" * 63), "its sha256 is not"),
        (ENTRY.replace(DIGEST, "A" * 64), "its sha256 is not"),
        (f"{ENTRY}expires = 2027-01-01", "no time with a zone"),
        (f"{ENTRY}expires = 2027-01-01T00:00:00", "no time with a zone"),
        (f'{ENTRY}expires = "2027-01-01T00:00:00Z"', "no time with a zone"),
        (f"{ENTRY}expire = 1", "'expire' is unknown"),
        (f"{ENTRY}\n{ENTRY.replace(DIGEST, '1' * 64)}", "two entries with one label"),
        (f"{ENTRY}\n{ENTRY.replace(chr(34) + 'a', chr(34) + 'b')}", "two entries with one sha256"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path / "tokens.toml", text)
    with pytest.raises(ConfigError, match=said) as refused:
        read_tokens(file)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        read_tokens(tmp_path / "none.toml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is no TOML"):
        read_tokens(tmp_path / "binary")


def test_an_empty_list_is_no_start_but_revokes_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_file, "LOOK", 0.0)
    with pytest.raises(ConfigError, match="names no token"):
        TokenFile(written(tmp_path / "tokens.toml", "token = []"))
    file = written(tmp_path / "tokens.toml", ENTRY)
    tokens = TokenFile(file)
    assert [token.label for token in tokens.tokens()] == ["a"]
    written(file, "token = []")
    assert tokens.tokens() == ()


def test_a_changed_file_counts_and_a_wrong_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(token_file, "LOOK", 0.0)
    file = written(tmp_path / "tokens.toml", ENTRY)
    tokens = TokenFile(file)
    for broken in ("[[token", "", None):
        caplog.clear()
        if broken is None:
            file.unlink()
        else:
            written(file, broken)
        assert [token.label for token in tokens.tokens()] == ["a"]
        assert [line.message for line in caplog.records] == [
            "the token file is wrong: the last good one stays in force"
        ], broken
        tokens.tokens()
        assert len(caplog.records) == 1  # said once
    other = written(tmp_path / "other.toml", ENTRY.replace('"a"', '"b"'))
    os.symlink(other, file)  # as a mounted secret changes
    assert [token.label for token in tokens.tokens()] == ["b"]
    written(file, f"{ENTRY}expires = 2026-01-01T00:00:00Z\n")
    assert [token.expires for token in tokens.tokens()] == [NOW.timestamp()]


def test_a_file_is_looked_at_once_a_second(tmp_path: Path) -> None:
    file = written(tmp_path / "tokens.toml", ENTRY)
    tokens = TokenFile(file)
    written(file, "token = []")
    assert len(tokens.tokens()) == 1
    tokens._looked -= token_file.LOOK
    assert tokens.tokens() == ()


def test_the_command_prints_a_token_and_lines_that_fit(tmp_path: Path) -> None:
    made = call("gateway", "token", "--label", "ann", "--role", "operate", "--expires", "12h")
    assert made.code == Exit.OK
    secret, _, lines = made.out.partition("\n")
    (token,) = read_tokens(written(tmp_path / "tokens.toml", lines))
    assert (token.label, token.role, token.sha256) == ("ann", "operate", digest(secret))
    left = (token.expires or 0) - datetime.now(UTC).timestamp()
    assert 11.9 * 3_600 < left < 12.1 * 3_600
    assert call("gateway", "token", "--label", "ann", "--expires", "3y").code == Exit.USAGE
    assert call("gateway", "token", "--label", "a\nb").code == Exit.CONFIG
