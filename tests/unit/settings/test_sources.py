"""Each source: how it spells a setting, what it passes over, and what it never changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.engine.settings import EngineSettings
from worker.errors import ConfigError
from worker.settings import find_engine, find_settings, load_engine_of, load_settings
from worker.settings.known import every_path
from worker.settings.names import ANY, MAPPINGS, leaves, path_of, variable

SECRET = "canary-4711"


def test_the_mappings_are_those_of_the_settings() -> None:
    found = {path[: path.index(ANY)] for path in every_path() if ANY in path}
    assert found == MAPPINGS


@pytest.mark.parametrize("path", list(leaves(EngineSettings, ("engine",))))
def test_a_variable_leads_back_to_its_setting(path: tuple[str, ...]) -> None:
    given = tuple("BRK.b" if part == ANY else part for part in path)
    assert path_of(variable(given).removeprefix("ALPHAPULSE_")) == given


@pytest.mark.parametrize("symbol", ["AAPL", "aapl", "BRK.B", "EURusd"])
def test_a_symbol_keeps_its_case_in_every_source(place: Path, monkeypatch: pytest.MonkeyPatch, symbol: str) -> None:
    name = f"ALPHAPULSE_ENGINE__INSTRUMENTS__{symbol}__TICK"
    wanted = EngineSettings.model_validate({"instruments": {symbol: {"tick": 0.05}}})

    def read() -> EngineSettings:
        return load_engine_of(load_settings())

    monkeypatch.setenv(name, "0.05")
    assert read() == wanted
    assert read().config_hash() == wanted.config_hash()
    monkeypatch.setenv(name, "")
    monkeypatch.delenv(name)
    monkeypatch.setenv("ALPHAPULSE_ENGINE__INSTRUMENTS", f'{{"{symbol}": {{"tick": 0.05}}}}')
    assert read() == wanted
    monkeypatch.delenv("ALPHAPULSE_ENGINE__INSTRUMENTS")
    (place / ".env").write_text(f"{name}=0.05\n")
    if "." not in symbol:  # the format of the file has no such names
        assert read() == wanted
    (place / ".env").unlink()
    (place / "alphapulse.toml").write_text(f'[engine.instruments."{symbol}"]\ntick = 0.05\n')
    assert read() == wanted
    (place / "alphapulse.toml").unlink()
    (place / "secrets").mkdir()
    (place / "secrets" / f"alphapulse_engine__instruments__{symbol}__tick").write_text("0.05\n")
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", "secrets")
    assert read() == wanted


def test_a_calendar_keeps_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_ENGINE__VALIDATION__CALENDARS__XNYS__SESSIONS", "[[0, 3600000]]")
    assert list(load_engine_of(load_settings()).validation.calendars) == ["XNYS"]


def test_sources_are_merged_value_by_value(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "alphapulse.toml").write_text(
        '[engine.instruments.AAPL]\ntick = 0.01\nlot = 1.0\n[log]\nlevel = "DEBUG"\n'
    )
    (place / ".env").write_text("ALPHAPULSE_ENGINE__INSTRUMENTS__AAPL__LOT=10\n")
    monkeypatch.setenv("ALPHAPULSE_LOG", '{"format": "text"}')
    settings = load_settings()
    instrument = load_engine_of(settings).instruments["AAPL"]
    assert (instrument.tick, instrument.lot) == (0.01, 10.0)
    assert (settings.log.level, settings.log.format) == ("DEBUG", "text")


@pytest.mark.parametrize(
    ("variable", "text", "path", "value"),
    [
        ("ALPHAPULSE_ENGINE__RISK__BUDGET", "1e5", ("risk", "budget"), 1e5),
        ("ALPHAPULSE_ENGINE__LEARNING__ENABLED", "true", ("learning", "enabled"), True),
        ("ALPHAPULSE_ENGINE__INSTRUMENTS_VERSION", "1.0", ("instruments_version",), "1.0"),
        ("ALPHAPULSE_ENGINE__INSTRUMENTS_VERSION", '"1.0"', ("instruments_version",), "1.0"),
        ("ALPHAPULSE_ENGINE__MODEL__NAME", "null", ("model", "name"), None),
        ("ALPHAPULSE_ENGINE__PLUGINS", '["pressure"]', ("plugins",), ("pressure",)),
        ("alphapulse_engine__risk__budget", "7", ("risk", "budget"), 7.0),
    ],
)
def test_a_text_becomes_what_the_setting_is(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, path: tuple[str, ...], value: object
) -> None:
    monkeypatch.setenv(variable, text)
    found: object = load_engine_of(load_settings())
    for name in path:
        found = getattr(found, name)
    assert found == value


@pytest.mark.parametrize("password", ["{curly", "[square]", '"quoted"', "null", " blanks ", "ünï", "a=b#c"])
def test_a_password_is_taken_as_it_is(place: Path, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv("ALPHAPULSE_KAFKA__SASL_PLAIN_PASSWORD", password)
    held = load_settings().kafka.sasl_plain_password
    assert held is not None
    assert held.get_secret_value() == password
    monkeypatch.delenv("ALPHAPULSE_KAFKA__SASL_PLAIN_PASSWORD")
    (place / "alphapulse_kafka__sasl_plain_password").write_text(f"{password}\n")
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", ".")
    held = load_settings().kafka.sasl_plain_password
    assert held is not None
    assert held.get_secret_value() == password


def mounted(place: Path, **values: str) -> Path:
    """A folder of secrets as Kubernetes mounts one: links into a folder that is exchanged as a whole."""
    folder = place / "secrets"
    data = folder / "..2026_11_28_22_00_00.123456789"
    data.mkdir(parents=True)
    (folder / "..data").symlink_to(data.name)
    for name, value in values.items():
        (data / name).write_text(value)
        (folder / name).symlink_to(Path("..data") / name)
    return folder


def test_a_file_per_key_as_kubernetes_mounts_them(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mounted(
        place,
        alphapulse_kafka__sasl_plain_password=f"{SECRET}\n",
        alphapulse_kafka__sasl_plain_username="worker\r\n",
        alphapulse_models__challenger__name="rival",
        alphapulse_engine__risk__budget="5000\n",
        tls_key="another program's",
    )
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", str(folder))
    settings = load_settings()
    assert settings.kafka.sasl_plain_password is not None
    assert settings.kafka.sasl_plain_password.get_secret_value() == SECRET
    assert settings.kafka.sasl_plain_username == "worker"
    assert settings.models.challenger.name == "rival"
    assert load_engine_of(settings).risk.budget == 5000.0
    monkeypatch.setenv("ALPHAPULSE_KAFKA__SASL_PLAIN_USERNAME", "other")
    assert load_settings().kafka.sasl_plain_username == "other"


def test_a_table_as_json_in_one_file_still_works(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mounted(place, alphapulse_kafka=f'{{"sasl_plain_password": "{SECRET}"}}\n')
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", str(folder))
    password = load_settings().kafka.sasl_plain_password
    assert password is not None
    assert password.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alphapulse_kafka__request_timeout_ms", SECRET),
        ("alphapulse_kafka__sasl_mechanism", SECRET),
        ("alphapulse_kafka__sasl_pasword", SECRET),
        ("alphapulse_kafka", SECRET),
        ("alphapulse_kafka", f'{{"{SECRET}'),
        ("alphapulse_engine__instruments__AAPL__interval", SECRET),
        ("alphapulse_engine__risk__budget", SECRET),
    ],
)
def test_no_message_repeats_a_secret(place: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", str(mounted(place, **{name: value})))
    found = find_settings()
    problems = found.problems + find_engine(found)[1]
    assert len(problems) == 1
    assert SECRET not in str(problems)
    assert f"secrets/{name}" in problems[0].message


def test_a_folder_of_secrets_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", "nowhere")
    with pytest.raises(ConfigError, match="the folder of secrets nowhere can't be read: No such file") as caught:
        load_settings()
    assert "ALPHAPULSE_SECRETS_DIR" in caught.value.fix


@pytest.mark.parametrize("kind", ["folder", "bytes"])
def test_a_secret_that_is_no_text(place: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    file = place / "alphapulse_kafka__client_id"
    if kind == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"\xff\xfe")
    monkeypatch.setenv("ALPHAPULSE_SECRETS_DIR", ".")
    with pytest.raises(ConfigError, match="the file alphapulse_kafka__client_id can't be read"):
        load_settings()


def test_other_programs_names_are_passed_over(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "COMPOSE_PROJECT_NAME=x\nKAFKA_PORT=1\nPASSWORD=y\nALPHAPULSE_IMAGE=z\nkafka=1\nALPHAPULSE_LOG__LEVEL=DEBUG\n"
    )
    (place / ".env").write_text(text)
    assert load_settings().log.level == "DEBUG"
    for name in ("ALPHAPULSE_SERVICE_HOST", "ALPHAPULSE_PORT_9464_TCP_ADDR", "ALPHAPULSE_WORKER_SERVICE_PORT_PROBES"):
        monkeypatch.setenv(name, "10.0.0.1")  # Kubernetes, for services of that name
    monkeypatch.setenv("ALPHAPULSE_PORT", "tcp://10.0.0.1:9464")
    assert load_settings().log.level == "DEBUG"


def test_a_folder_named_like_the_file_is_a_virtual_environment(place: Path) -> None:
    (place / ".env").mkdir()
    assert load_settings().log.level == "INFO"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ALPHAPULSE_CACHE_DIR=/x\n", "ALPHAPULSE_CACHE_DIR has no effect in the file .env"),
        ("ALPHAPULSE_LOG__LEVEL\n", "ALPHAPULSE_LOG__LEVEL in the file .env has no value"),
        ("ALPHAPULSE_LOG__LEVL=INFO\n", "unknown setting log.levl, from ALPHAPULSE_LOG__LEVL in the file .env"),
        ("ALPHAPULSE_LOG__LEVEL=LOUD\n", "from ALPHAPULSE_LOG__LEVEL in the file .env"),
        ("ALPHAPULSE_KAFKA={x\n", "ALPHAPULSE_KAFKA in the file .env is not valid JSON"),
    ],
)
def test_messages_name_the_file_and_the_key(place: Path, text: str, told: str) -> None:
    (place / ".env").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert told in caught.value.message
