"""The instruments file reaches the engine, settings win over it, and mistakes are named with their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from worker.cli.config import config
from worker.engine.calendar import DAY, compile_calendars, next_open, open_ms
from worker.engine.settings import EngineSettings
from worker.errors import ConfigError, Exit
from worker.instruments import load_engine

HOUR = 3_600_000
EXAMPLE = Path(__file__).parents[3] / "examples" / "instruments.toml"
TEXT = """version = "7"

[calendars.exchange]
sessions = ["Mon-Fri 08:00-16:00"]
closures = [2024-12-25, [2024-12-24T12:00:00, 2024-12-24T16:00:00]]

[instruments.ABC]
interval = "1h"
tick = 0.05
session_offset_ms = 28800000
calendar = "exchange"

[instruments."BRK.B"]
tick = 0.01
"""


def written(folder: Path, text: str = TEXT) -> str:
    path = folder / "instruments.toml"
    path.write_text(text)
    return str(path)


def load(folder: Path, text: str = TEXT, **settings: Any) -> EngineSettings:
    return load_engine({"instruments_file": written(folder, text), **settings})


def test_what_the_file_says_reaches_the_engine(tmp_path: Path) -> None:
    engine = load(tmp_path)
    assert engine.instruments_version == "7"
    abc = engine.instruments["ABC"]
    assert (abc.interval, abc.tick, abc.session_offset_ms, abc.calendar) == ("1h", 0.05, 8 * HOUR, "exchange")
    assert engine.instruments["BRK.B"].tick == 0.01
    exchange = engine.validation.calendars["exchange"]
    assert exchange.sessions == tuple((d * DAY + 8 * HOUR, d * DAY + 16 * HOUR) for d in range(5))
    table = compile_calendars([exchange])
    eve = 19_716 * DAY  # Monday, 2023-12-25; a year on, the closures
    christmas = eve + 366 * DAY
    assert open_ms(table, 0, christmas - DAY, christmas + DAY) == 4 * HOUR
    assert next_open(table, 0, christmas)[0] == christmas + DAY + 8 * HOUR


def test_without_a_file_nothing_is_known_of_any_symbol() -> None:
    assert load_engine({}) == EngineSettings()


def test_settings_win_field_by_field_and_calendar_by_calendar(tmp_path: Path) -> None:
    engine = load(
        tmp_path,
        instruments={"ABC": {"tick": 0.25}, "NEW": {"lot": 2}},
        validation={"calendars": {"exchange": {"kind": "24x7"}}, "recovery_bars": 4},
    )
    assert (engine.instruments["ABC"].tick, engine.instruments["ABC"].interval) == (0.25, "1h")
    assert engine.instruments["NEW"].lot == 2
    assert engine.validation.calendars["exchange"].kind == "24x7"
    assert engine.validation.recovery_bars == 4


def test_the_hash_follows_content_and_version_not_the_place(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    usual = load(tmp_path).config_hash()
    assert load(tmp_path / "elsewhere", "# a comment\n" + TEXT).config_hash() == usual
    assert load(tmp_path, TEXT.replace('"7"', '"8"')).config_hash() != usual
    assert load(tmp_path, TEXT.replace("0.05", "0.1")).config_hash() != usual
    assert load(tmp_path, TEXT.replace("2024-12-25", "2024-12-26")).config_hash() != usual


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tick = 0.05", "tik = 0.05", r"line 9: instruments\.ABC\.tik: there is no such name; did you mean tick\?"),
        ("tick = 0.05", "tick = -1", r"line 9: instruments\.ABC\.tick: .*greater than or equal to 0"),
        ('interval = "1h"', 'interval = "1x"', r"line 8: instruments\.ABC\.interval: .*no interval"),
        ("[calendars.exchange]", "[calenders.exchange]", r"line 3: calenders: .*did you mean calendars\?"),
        ("Mon-Fri 08:00-16:00", "weekdays", r"line 4: calendars\.exchange\.sessions: 'weekdays' is no session"),
        ("2024-12-25", '"2024-12-25"', r"line 5: calendars\.exchange\.closures: 2024-12-25 is no closure"),
        ('["Mon-Fri 08:00-16:00"]', "[]", r"line 3: calendars\.exchange: sessions must be given"),
        (
            '[instruments."BRK.B"]\ntick = 0.01',
            "[instruments.\"BRK.B\"]\ntick = 'x'",
            r"line 14: instruments\.BRK\.B\.tick",
        ),
        ('version = "7"', "", r"version: Field required"),
        ('version = "7"', "version = 7", r"line 1: version: .*string"),
        ("tick = 0.05", "tick = ", r"no TOML: .*line 9"),
        ('calendar = "exchange"', 'calendar = "other"', "names the calendar other, which is not defined"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, TEXT.replace(old, new, 1))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        load_engine({"instruments_file": str(tmp_path / "nowhere.toml")})


@pytest.mark.parametrize("given", [{"instruments": []}, {"instruments": {"ABC": 1}}, {"validation": 3}])
def test_settings_that_are_no_tables_are_refused(tmp_path: Path, given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="must be a table"):
        load(tmp_path, **given)


def test_config_shows_what_the_file_says_and_that_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_ENGINE__INSTRUMENTS_FILE", str(EXAMPLE))
    program = typer.Typer()
    program.command()(config)
    done = CliRunner().invoke(program, ["--json"])
    assert done.exit_code == Exit.OK
    shown = json.loads(done.stdout)
    settings = shown["settings"]
    assert settings["engine.instruments.SPY.tick"] == {"value": 0.01, "source": f"instruments file {EXAMPLE}"}
    assert settings["engine.instruments_version"]["source"] == f"instruments file {EXAMPLE}"
    assert settings["engine.instruments_file"]["source"].startswith("environment")
    assert settings["engine.validation.recovery_bars"]["source"] == "default"
    assert shown["config_hash"] == load_engine({"instruments_file": str(EXAMPLE)}).config_hash()
