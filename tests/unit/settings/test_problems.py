"""What is refused names its source and the setting that was meant; `alphapulse config` shows the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from worker.cli.config import config
from worker.errors import ConfigError, Exit
from worker.settings import Settings, find_engine, find_settings, load_engine_of, load_settings
from worker.settings.variables import VARIABLES


def put(place: Path, monkeypatch: pytest.MonkeyPatch, source: str, path: str, value: str) -> str:
    """Give a setting by a source; returns how its messages name that source."""
    name = "ALPHAPULSE_" + path.replace(".", "__").upper()
    match source:
        case "environment":
            monkeypatch.setenv(name, value)
            return f"the environment variable {name}"
        case ".env":
            (place / ".env").write_text(f"{name}={value}\n")
            return f"{name} in the file .env"
        case "secret":
            (place / name.lower()).write_text(value)
            monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", str(place))
            return f"the file {place / name.lower()}"
        case "json":
            section, _, rest = path.partition(".")
            node: object = value
            for part in reversed(rest.split(".")):
                node = {part: node}
            monkeypatch.setenv(f"ALPHAPULSE_{section.upper()}", json.dumps(node))
            return f"the environment variable ALPHAPULSE_{section.upper()}"
        case _:
            *tables, last = path.split(".")
            (place / "alphapulse.toml").write_text(f"[{'.'.join(tables)}]\n{last} = {json.dumps(value)}\n")
            return "the file alphapulse.toml"


@pytest.mark.parametrize("source", ["environment", ".env", "secret", "json", "toml"])
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("kafka.bootstrap_server", "kafka.bootstrap_servers"),
        ("kafka.group", "processing.group"),
        ("kakfa.bootstrap_servers", "kafka.bootstrap_servers"),
        ("models.challenger.nam", "models.challenger.name"),
        ("engine.risk.bugdet", "engine.risk.budget"),
        ("risk.budget", "engine.risk.budget"),
        ("engine.instruments.aapl.tik", "engine.instruments.aapl.tick"),
    ],
)
def test_a_typo_names_its_source_and_the_nearest_setting(
    place: Path, monkeypatch: pytest.MonkeyPatch, source: str, path: str, meant: str
) -> None:
    told = put(place, monkeypatch, source, path, "x")
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings())
    shown = path
    if source in ("environment", ".env"):  # these keep the case of a symbol, and `put` writes it in capitals
        shown, meant = path.replace("aapl", "AAPL"), meant.replace("aapl", "AAPL")
    assert caught.value.message == f"unknown setting {shown}, from {told}"
    spelt = "ALPHAPULSE_" + meant.replace(".", "__").upper()
    wanted = {"secret": spelt.lower(), "toml": meant}.get(source, spelt)
    if source == "json":
        wanted = wanted.replace("AAPL", "aapl")
    assert f"Did you mean {wanted}?" in caught.value.fix
    assert caught.value.exit_code == Exit.CONFIG


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ALPHAPULSE_KAFKA_BOOTSTRAP_SERVERS", "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"),
        ("ALPHAPULSE_CACHEDIR", "ALPHAPULSE_CACHE_DIR"),
        ("ALPHAPULSE_SECRET_DIR", "ALPHAPULSE_SECRETS_DIR"),
        ("ALPHAPULSE_KAFKA", "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"),
        ("ALPHAPULSE_ENGINE__INSTRUMENTS", "ALPHAPULSE_ENGINE__INSTRUMENTS__<key>__INTERVAL"),
        ("ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS__HOST", "ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS"),
    ],
)
def test_other_slips_of_a_variable(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    monkeypatch.setenv(name, "x:9092")
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings())
    assert name in caught.value.message
    assert meant in caught.value.fix


@pytest.mark.parametrize("source", ["environment", ".env", "secret", "json", "toml"])
@pytest.mark.parametrize(
    "path",
    ["processing.session_timeout_ms", "topics.replication_factor", "log.level", "engine.risk.budget", "engine.plugins"],
)
def test_a_value_that_does_not_fit_names_its_source(
    place: Path, monkeypatch: pytest.MonkeyPatch, source: str, path: str
) -> None:
    told = put(place, monkeypatch, source, path, "nonsense")
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings())
    assert caught.value.message.startswith(f"{path} is invalid: Input should be ")
    assert caught.value.message.endswith(f", from {told}")
    assert caught.value.message.count("nonsense") == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kafka = 5\n", "kafka is a table, not a single value, from the file alphapulse.toml"),
        ("[kakfa]\n", "unknown setting kakfa, from the file alphapulse.toml"),
        ("[engine]\nrisk = 5\n", "engine.risk is a table, not a single value"),
        ("[engine.instruments.AAPL]\ncalendar = 'XNYS'\n", "names the calendar XNYS, which is not defined"),
        ("[engine]\ninstruments_file = 'gone.toml'\n", "the instruments file gone.toml cannot be read"),
        ("[engine.learning]\nenabled = true\n[engine.model]\nname = 'plugin:x'\nversion = '1'\n", "exclude each other"),
        ("[engine.decision]\nenter_score = [1, 2, 3, 'x', 5, 6]\n", "engine.decision.enter_score.3 is invalid"),
        ("no toml", "the file alphapulse.toml is not valid TOML"),
    ],
)
def test_faults_of_a_file(place: Path, text: str, told: str) -> None:
    (place / "alphapulse.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_engine_of(load_settings())
    assert told in caught.value.message
    found = find_settings()
    _, refused = find_engine(found)
    assert len(found.problems + refused) == 1


def test_a_settings_file_that_is_named_must_be_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_CONFIG", "gone.toml")
    with pytest.raises(ConfigError, match=r"the settings file gone\.toml does not exist"):
        load_settings()
    monkeypatch.setenv("ALPHAPULSE_CONFIG", str(place))
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load_settings()


def run(*given: str) -> tuple[int, str, str]:
    """`alphapulse config`."""
    app = typer.Typer()
    app.command()(config)
    done = CliRunner().invoke(app, given)
    return done.exit_code, done.stdout, done.stderr


def test_config_shows_the_rest_with_the_errors_on_top(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "alphapulse.toml").write_text(
        "[log]\nlevel = 'LOUD'\nformat = 'text'\n[engine.risk]\nbudget = 7.0\nbugdet = 1\n"
    )
    monkeypatch.setenv("ALPHAPULSE_KAKFA__CLIENT_ID", "x")
    monkeypatch.setenv("ALPHAPULSE_KAFKA__CLIENT_ID", "mine")
    code, out, err = run()
    assert code == Exit.CONFIG
    assert [line.split(",")[0] for line in err.splitlines() if line.startswith("error:")] == [
        "error: log.level is invalid: Input should be 'DEBUG'",
        "error: unknown setting kakfa.client_id",
        "error: unknown setting engine.risk.bugdet",
    ]
    rows = {line.split()[0]: line.split() for line in out.splitlines()}
    assert rows["kafka.client_id"][1:] == ["mine", "environment", "ALPHAPULSE_KAFKA__CLIENT_ID"]
    assert rows["log.level"][1:] == ["INFO", "default"]
    assert rows["log.format"][1:] == ["text", "file", "alphapulse.toml"]
    assert rows["engine.risk.budget"][1:] == ["7.0", "file", "alphapulse.toml"]
    code, out, err = run("--json")
    assert code == Exit.CONFIG
    told = json.loads(out)
    assert len(told["problems"]) == 3
    assert told["settings"]["kafka.client_id"] == {"value": "mine", "source": "environment ALPHAPULSE_KAFKA__CLIENT_ID"}


def test_load_counts_the_other_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_A", "1")
    monkeypatch.setenv("ALPHAPULSE_B", "1")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "1 more" in caught.value.fix


@pytest.mark.parametrize("name", [v.name for v in VARIABLES if v.name.startswith("ALPHAPULSE_")])
def test_variables_that_are_no_settings_are_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if name in ("ALPHAPULSE_CONFIG", "ALPHAPULSE_SECRETS_DIR"):
        return  # these are read, and must lead somewhere
    monkeypatch.setenv(name, "anything")
    load_settings()


@pytest.mark.parametrize(
    "line", ["PROCESSING.ON_GAP = [1, 2]", "[Kafka]\nclient_id = 'a'", "Topics = 1", "ENGINE.risk.budget = 1"]
)
def test_a_section_in_another_case_is_unknown(place: Path, line: str) -> None:
    (place / "alphapulse.toml").write_text(f"{line}\n")
    found = find_settings()
    (problem,) = found.problems
    assert "from the file alphapulse.toml" in problem.message
    assert found.settings == load_settings_without(place)


def load_settings_without(place: Path) -> Settings:
    (place / "alphapulse.toml").unlink()
    return load_settings()
