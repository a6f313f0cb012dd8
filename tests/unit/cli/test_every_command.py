"""What holds for every command, so that a new one cannot part from the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.testing import CliRunner

from schemas.audit import Acknowledged
from schemas.decision import Action, Regime
from schemas.generate import documents
from tests.unit.cli.commands import COMMANDS, NAMES, context, options, program
from worker.backtest.sweeping.walking import By
from worker.cli import choices
from worker.errors import Exit
from worker.export.write import FORMATS
from worker.settings import ProcessingSettings
from worker.settings.gateway import Role
from worker.sources.datasets import DATASETS
from worker.sources.options import PASSES
from worker.training.calibrate import METHODS
from worker.training.estimators import KINDS

WITHOUT_JSON: dict[str, str] = {}  # command → why it has none
EACH = [
    (f"{' '.join(path)} {each.name}", command, each) for path, command in COMMANDS.items() for each in options(command)
]


def kind(option: Any) -> Any:
    """The type of an option's value."""
    return option.type_descriptor.annotation


def has_parser(option: Any) -> bool:
    """Whether it is read by a function of ours, as times are."""
    return option.type_descriptor.parameter_info.parser is not None


def of_kind(*kinds: type) -> list[Any]:
    return [pytest.param(c, o, id=name) for name, c, o in EACH if kind(o) in kinds and not has_parser(o)]


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_json(name: str) -> None:
    command = COMMANDS[tuple(name.split())]
    takes = any("--json" in each.opts for each in options(command))
    assert takes != (name in WITHOUT_JSON), f"{name}: add --json, or say in WITHOUT_JSON why not"


@pytest.mark.parametrize(("command", "option"), of_kind(int, float))
def test_a_number_has_a_range(command: Any, option: Any) -> None:
    info = option.type_descriptor.parameter_info
    assert info.min is not None
    for below in (info.min - 1, -(10**30)):
        with pytest.raises(typer.BadParameter):
            option.process_value(context(command), str(below))


@pytest.mark.parametrize(("command", "option"), of_kind(float))
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_is_one(command: Any, option: Any, value: str) -> None:
    with pytest.raises(typer.BadParameter):
        option.process_value(context(command), value)


@pytest.mark.parametrize(("command", "option"), [pytest.param(c, o, id=name) for name, c, o in EACH if has_parser(o)])
def test_a_time_is_read_as_everywhere(command: Any, option: Any) -> None:
    for text in ("2024-01-31", "2024-01-31T00:00:00Z", "2024-01-31T01:00+01:00", "1706659200000"):
        assert option.process_value(context(command), text) == 1_706_659_200_000
    for text in ("yesterday", "1706659200"):
        with pytest.raises(typer.BadParameter, match="write 2024-01-31, 2024-01-31T09:30:00Z or epoch ms"):
            option.process_value(context(command), text)


@pytest.mark.parametrize(
    ("command", "option"), [pytest.param(c, o, id=name) for name, c, o in EACH if o.type_descriptor.is_choice]
)
def test_a_choice_is_completed_and_checked(command: Any, option: Any) -> None:
    wanted = [str(each) for each in option.type_descriptor.choices]
    assert [item.value for item in option.shell_complete(context(command), "")] == wanted
    [first] = wanted[:1]
    given: Any = ["no such thing"] if option.multiple or option.nargs == -1 else "no such thing"
    with pytest.raises(typer.BadParameter, match=first):
        option.process_value(context(command), given)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("symbol", "AAPL"),
        ("key", "*"),
        ("key", "AAPL"),
        ("group", "alphapulse"),
        ("interval", "1h"),
        ("which", "direction"),
        ("which", "direction@1.0.0"),
        ("code", "duplicate_bar"),
        ("reason", "vol_gate"),
        ("feature", "rsi_14"),
    ],
)
def test_names_are_completed(name: str, wanted: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models" / "direction" / "1.0.0").mkdir(parents=True)
    (tmp_path / "alphapulse.toml").write_text("[engine.instruments.AAPL]\ntick = 0.01\n")
    monkeypatch.chdir(tmp_path)
    found = [(command, each) for _, command, each in EACH if each.name == name]
    assert found
    completed = [item.value for command, each in found for item in each.shell_complete(context(command), "")]
    assert wanted in completed


def test_choices_are_those_that_decide() -> None:
    assert tuple(choices.Action) == get_args(Action)
    assert tuple(choices.Regime) == get_args(Regime)
    assert tuple(choices.Dataset) == tuple(DATASETS)
    assert get_args(choices.RepeatedHour) == PASSES
    assert get_args(choices.Guarantee) == get_args(ProcessingSettings.model_fields["guarantee"].annotation)
    assert set(get_args(choices.TableFormat)) == set(FORMATS.values())
    assert get_args(choices.Acknowledged) == get_args(Acknowledged)
    assert get_args(choices.GatewayRole) == get_args(Role)
    assert get_args(choices.Kind) == ("best", *KINDS)
    assert get_args(choices.Calibration) == METHODS
    assert get_args(choices.Rank) == get_args(By)
    assert get_args(choices.SchemaName) == tuple(path.removeprefix("json/").split(".")[0] for path in documents())


@pytest.mark.parametrize("name", NAMES)
def test_a_slip_in_its_name_is_answered_with_it(name: str) -> None:
    *before, last = name.split()
    done = CliRunner().invoke(program(), [*before, last + "x"])
    assert done.exit_code == Exit.USAGE
    told = " ".join(done.output.replace("│", " ").split())
    assert "Did you mean" in told
    assert f"'{last}'" in told


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused(name: str) -> None:
    done = CliRunner().invoke(program(), [*name.split(), "--jsn"])
    assert done.exit_code == Exit.USAGE
    assert "--json" in done.output or name in WITHOUT_JSON


def test_schemas_are_listed_and_printed() -> None:
    names = json.loads(CliRunner().invoke(program(), ["schema", "--json"]).stdout)
    assert names == list(get_args(choices.SchemaName))
    for name in names:
        assert json.loads(CliRunner().invoke(program(), ["schema", name, "--json"]).stdout)
