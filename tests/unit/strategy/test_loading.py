"""What is no strategy is refused in a sentence with exit code 78, before any bar."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.strategies import HEAD, PACKED, STRATEGIES, with_step
from worker.engine.settings import engine_settings
from worker.errors import ConfigError, Exit, SettingRefused
from worker.strategy import Strategy, ta
from worker.strategy.describing.definition import Definition, define
from worker.strategy.describing.source import from_file, installed
from worker.strategy.errors import StrategyRefused
from worker.strategy.loading import filled, find, hooked, load


def definition(folder: Path, text: str, parameters: dict[str, Any] | None = None) -> Definition:
    file = folder / "own.py"
    file.write_text(text)
    return define(from_file(file), parameters or {})


def declared(indicators: str) -> str:
    return with_step("pass").replace("    def step", f"    def indicators(p):\n        {indicators}\n\n    def step")


STEP = "\n    def step(c):\n        pass\n"
REFUSED = {
    "not Python": ("class Own(", "own.py can't be loaded: line 1: SyntaxError: "),
    "raises": ("x = 1\ny = 1 / 0\n", "own.py can't be loaded: line 2: ZeroDivisionError: division by zero"),
    "nothing": ("x = 1\n", "own.py must hold one class of worker.strategy.Strategy, and holds none"),
    "two": (f"{HEAD}\nclass A(Strategy):{STEP}\nclass B(Strategy):{STEP}", "and holds A, B"),
    "no step": (f"{HEAD}\nclass A(Strategy):\n    pass\n", "own.py has no step"),
    "a step with self": (
        f"{HEAD}\nclass A(Strategy):\n    def step(self, c):\n        pass\n",
        "Write def step(c), without self",
    ),
    "indicators with self": (
        declared("return {}").replace("indicators(p)", "indicators(self, p)"),
        "line 12: indicators takes p alone",
    ),
    "a name near": (declared("return {'a': ta.smaa(3)}"), "Did you mean ta.sma?"),
    "another argument": (declared("return {'a': ta.rsi(length=3)}"), "It is ta.rsi(period=14, *, source='close'"),
    "a state of text": (with_step("pass", state="name: str"), "the state's name is of no kind that a record holds"),
    "a state with values": (with_step("pass", state="count: int = 3"), "the state's count has a value"),
    "a state without kinds": (with_step("pass", state="count = 3"), "the state's count has a value"),
    "an endless state": (with_step("pass", state="x: Floats[5000]"), "an array of a state has 1 to 4,096 items"),
    "parameters of their own": (
        with_step("pass").replace("class State", "class Parameters:\n        n = 3\n    class State"),
        "its Parameters derive from no Parameters",
    ),
    "a packed state of no size": (HEAD + PACKED.replace("= 200", "= 0"), "state_bytes is a whole number from 1 to"),
    "a packed state with values": (
        HEAD + PACKED.replace("seen: dict[str, int] = {}", "seen: dict[str, int]"),
        "a state must begin without values",
    ),
    "no group": (declared("return [ta.sma(3)]"), "indicators returns names with indicators"),
    "no indicator": (declared("return {'a': 3}"), "the indicator a is 3, and not one of ta"),
    "no name": (declared("return {'a b': ta.sma(3)}"), "'a b' can't be the name of an indicator"),
    "raising indicators": (declared("return {'a': p.x}"), "own.py can't declare its indicators: line 13: AttributeErr"),
    "a period of none": (declared("return {'a': ta.sma(0)}"), "a period is a whole number from 1 to 10,000, not 0"),
    "tags of text": (
        with_step("pass").replace("class State", "tags = 'up'\n    class State"),
        "tags is a tuple of name",
    ),
    "many notes": (
        with_step("pass").replace("class State", "notes = tuple('abcde')\n    class State"),
        "notes has at most 4 names",
    ),
    "no version": (
        with_step("pass").replace("class State", "version = 'a'\n    class State"),
        "version is a whole numb",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case: str, tmp_path: Path) -> None:
    text, sentence = REFUSED[case]
    with pytest.raises(ConfigError) as caught:
        definition(tmp_path, text)
    assert sentence in str(caught.value)
    assert caught.value.exit_code == Exit.CONFIG


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.py can't be read: No such file"):
        find(tmp_path / "none.py")


@pytest.mark.parametrize(
    ("given", "path"), [({"enter": 1}, "enter"), ({"entry": 5}, "entry"), ({"stop_atr": float("inf")}, "stop_atr")]
)
def test_parameters_are_checked(given: dict[str, Any], path: str, tmp_path: Path) -> None:
    with pytest.raises(SettingRefused) as caught:
        definition(tmp_path, STRATEGIES["breakout"], given)
    assert caught.value.path == ("engine", "strategy", "parameters", path)


def test_a_parameter_beyond_64_bits(tmp_path: Path) -> None:
    text = STRATEGIES["breakout"].replace("pause: int = Field(24, ge=0, le=10_000)", "pause: int = 24")
    with pytest.raises(SettingRefused, match="beyond 64 bits"):
        definition(tmp_path, text, {"pause": 2**70})


def test_what_is_declared(tmp_path: Path) -> None:
    found = definition(tmp_path, STRATEGIES["breakout"], {"enter": 55})
    assert (found.version, found.tags, found.notes) == (3, ("breakout", "channel_exit"), ("atr", "losses"))
    assert found.names[:4] == ("channel_upper", "channel_middle", "channel_lower", "low")
    assert found.record.dtype.names == ("enter", "leave", "stop_atr", "risk", "pause")
    assert found.record[0].item() == (55, 10, 2.5, 0.005, 24)
    assert found.own.names == ("losses", "paused_until")
    assert found.parameters.model_dump()["slow"] == "4h"


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    first = definition(tmp_path, STRATEGIES["breakout"]).source.digest
    assert definition(tmp_path, STRATEGIES["breakout"]).source.digest == first
    assert definition(tmp_path, STRATEGIES["breakout"] + "#").source.digest != first


class Noted(Strategy):
    """As in a notebook."""

    @staticmethod
    def indicators(p: Any) -> dict[str, Any]:
        return {"mean": ta.sma(3)}

    @staticmethod
    def step(c: Any) -> None:
        c.order.side = 0


def test_a_class_in_memory() -> None:
    before = dict(globals())
    source = find(strategy=Noted)
    assert load(source, {}).address
    assert globals() == before, "the module is not ours"
    assert define(source, {}).names == ("mean",)
    assert len(source.digest) == 64


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package with two strategies, one of which is none."""
    home = tmp_path / "stranger"
    home.mkdir()
    (home / "__init__.py").write_text("")
    (home / "helper.py").write_text("PERIOD = 7\n")
    (home / "own.py").write_text(f"from stranger.helper import PERIOD\n{with_step('pass')}")
    meta = tmp_path / "stranger-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(
        "[alphapulse.strategies]\nown = stranger.own:Own\nnone = stranger.helper:PERIOD\ngone = stranger.gone:Own\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield home
    for name in [name for name in sys.modules if name.partition(".")[0] == "stranger"]:
        del sys.modules[name]


def test_a_strategy_of_a_package(package: Path) -> None:
    assert {"own", "none", "gone"} <= set(installed())
    assert "stranger" not in sys.modules
    source = find(name="own")
    assert source.strategy.__name__ == "Own"
    before = source.digest
    (package / "helper.py").write_text("PERIOD = 8\n")
    assert find(name="own").digest != before, "all modules of the package decide"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent", "there is no strategy absent"),
        ("none", "the entry point none is not a class of worker.strategy.Strategy"),
        ("gone", "the strategy gone can't be imported: ModuleNotFoundError"),
    ],
)
def test_a_package_without_it(name: str, sentence: str, package: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find(name=name)
    assert sentence in str(caught.value)


def test_a_strategy_with_a_fault_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(with_step("x = 1", "c.order.qty = c.bar.close ** 0.5"))
    with pytest.raises(StrategyRefused) as caught:
        from_file(file)
    assert "own.py: line 14: ** takes the machine's library" in str(caught.value)
    assert caught.value.exit_code == Exit.CONFIG


def test_settings_are_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    given = engine_settings({"strategy": {"file": str(file), "parameters": {"enter": 55}, "mode": "python"}})
    engine = filled(given)
    found, strategy = engine.strategy, hooked(engine)
    assert (found.name, found.version, found.tags) == ("breakout", 3, ("breakout", "channel_exit"))
    assert found.digest == find(file).digest
    assert found.parameters == {"enter": 55, "leave": 10, "stop_atr": 2.5, "risk": 0.005, "pause": 24, "slow": "4h"}
    assert strategy is not None
    assert strategy.columns == 8
    assert filled(engine) == engine
    assert type(engine).model_validate(engine.model_dump()) == engine


def test_the_name_of_a_class_of_two_words(tmp_path: Path) -> None:
    assert definition(tmp_path, STRATEGIES["rolling"]).name == "own_window"


def test_the_name_of_an_entry_point(package: Path) -> None:
    assert define(find(name="own"), {}).name == "own"


def test_what_a_file_prints_when_it_is_loaded_is_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.py"
    file.write_text("print('loaded')\n" + STRATEGIES["breakout"])
    find(file)
    assert capsys.readouterr() == ("", "loaded\n")
