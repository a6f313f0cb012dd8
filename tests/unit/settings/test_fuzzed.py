"""Whatever a source holds is a setting or a sentence: never a traceback, never a loop without end."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.examples import drawn
from worker.errors import AlphapulseError
from worker.settings import find_engine, find_settings, load_engine_of, load_settings

GOOD = """\
[kafka]
bootstrap_servers = "a:1,b:2"
request_timeout_ms = 15000
ssl_check_hostname = true
[topics]
replication_factor = "auto"
[engine]
plugins = ["pressure"]
instruments_version = "1.0"
[engine.risk]
budget = 1e5
[engine.decision]
enter_score = [0.3, 0.3, 0.3, 0.3, 0.3, 0.3]
[engine.instruments.AAPL]
tick = 0.01
calendar = "XNYS"
[engine.instruments."BRK.B"]
interval = "1h"
[engine.validation.calendars.XNYS]
sessions = [[0, 3600000]]
[models.challenger]
name = "rival"
"""
PIECES = (
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    "\n",
    ".",
    "\x00",
    "é",
    "null",
    "-",
    "inf",
    "nan",
    "1979-05-27",
    "9" * 20,
    "_",
)


def mutated(text: str, chance: random.Random) -> str:
    """A text with a few places cut, doubled, exchanged or overwritten."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.randint(0, 12))
        text = text[:at] + chance.choice(("", text[at:to] * 2, chance.choice(PIECES), text[to : to + 9])) + text[to:]
    return text


def judged() -> bool:
    """Whether the sources are taken; both ways of reading must agree."""
    found = find_settings()
    _, refused = find_engine(found)
    problems = found.problems + refused
    assert all(problem.message and "\n" not in problem.message.strip() for problem in problems)
    try:
        load_engine_of(load_settings())
    except AlphapulseError:
        assert problems
        return False
    assert not problems
    return True


def test_the_good_file_is_good(place: Path) -> None:
    (place / "alphapulse.toml").write_text(GOOD)
    assert judged()


@pytest.mark.parametrize("seed", range(drawn(2, 10)))
def test_mutated_files(place: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        (place / "alphapulse.toml").write_text(mutated(GOOD, chance), encoding="utf-8", errors="surrogatepass")
        judged()


@pytest.mark.parametrize("seed", range(drawn(1, 4)))
def test_mutated_variables_and_secrets(place: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    names = ["KAFKA", "ENGINE", "ENGINE__INSTRUMENTS__AAPL", "ENGINE__RISK__BUDGET", "LOG__LEVEL", "TOPICS__PARTITIONS"]
    values = ['{"bootstrap_servers": "a:1"}', '{"risk": {"budget": 5}}', '{"tick": 0.1}', "1e5", "INFO", "4"]
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", str(place / "secrets"))
    for number in range(40):
        folder = place / "secrets"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        with monkeypatch.context() as patch:
            for name, value in zip(names, values, strict=True):
                given = mutated(name, chance).replace("\x00", "").replace("=", "").replace("/", "")
                text = mutated(value, chance).replace("\x00", "")
                if number % 2:
                    patch.setenv(f"ALPHAPULSE_{given}", text)
                else:
                    (folder / f"alphapulse_{given.lower()}"[:200]).write_text(text)
            judged()


@pytest.mark.parametrize("text", ["[" * 50_000, "x = " + "[" * 50_000, "x = " + "9" * 5_000, "\ufeff[kafka]"])
def test_texts_that_break_parsers(place: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (place / "alphapulse.toml").write_text(text)
    assert not judged()
    (place / "alphapulse.toml").unlink()
    monkeypatch.setenv("ALPHAPULSE_ENGINE", text[text.find("[") :] if "[" in text else "[" + text)
    assert not judged()


def test_a_name_that_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_KAFKA__\udcff", "x")
    monkeypatch.setenv("ALPHAPULSE_KAFKA__CLIENT_ID", "\udcff")
    found = find_settings()
    assert len(found.problems) == 2
    for problem in found.problems:
        problem.message.encode()
