"""A mistake in the file of alerts has its line and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.alarms import plan_of, shipped
from worker.alerts.configuration.file import Source
from worker.alerts.delivery.addresses import addresses
from worker.errors import ConfigError, Exit

RULE = '[rules.x]\nkind = "match"\nsource = "decisions"\nsummary = "a"\n'
THRESHOLD = '[rules.x]\nkind = "threshold"\nsource = "portfolio"\nsummary = "a"\nfield = "load"\n'
OPS = '[receivers.ops]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n'
ROUTE = '[[routes]]\nreceivers = ["ops"]\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (RULE.replace("summary", "sumary"), 5, "rules.x.sumary: there is no such name; did you mean summary?"),
        (RULE.replace('"match"', '"mach"'), 2, "no kind 'mach'; did you mean match?"),
        (RULE.replace("decisions", "decision"), 4, "'decision' is not known; did you mean decisions?"),
        (RULE + 'where = [{ field = "riks.dd", above = 1 }]', 6, "no field 'riks.dd'; did you mean risk.dd?"),
        (RULE + 'where = [{ field = "risk.dd", abov = 1 }]', 6, "did you mean above?"),
        (RULE + 'where = [{ field = "risk.dd", contains = "x" }]', 6, "'risk.dd' holds a number"),
        (RULE + 'where = [{ field = "action", is = 1 }]', 6, "'action' holds a text, which 1 is not"),
        (RULE + 'where = [{ field = "action" }]', 6, "exactly one of"),
        (RULE + 'each = "action"', 6, "'action' is no list"),
        (RULE + 'labels = { s = "symbl" }', 6, "did you mean symbol?"),
        (RULE + 'labels = { rule = "symbol" }', 2, "the label 'rule' is set already"),
        (RULE + 'values = ["trips.rule"]', 6, "there is no field 'trips.rule'"),
        (RULE + 'hold = "10min"', 6, "'min' is no unit of time; did you mean 10m?"),
        (RULE + 'hold = "10"', 6, "'10' has no unit"),
        (RULE + "hold = 10", 6, "'10' is no duration: write for example 90s"),
        (RULE.replace("rules.x", "rules.X y", 1).replace("X y", '"X y"'), 2, "is no name"),
        (THRESHOLD, 2, "either above or below"),
        (THRESHOLD + 'above = "5 percent"', 7, "neither a number nor one of the portfolio's limits"),
        (THRESHOLD + 'above = "risk.drawdown_sof"', 7, "did you mean risk.drawdown_soft?"),
        (THRESHOLD.replace('"load"', '"blocking"') + "above = 1", 6, "'blocking' holds no number"),
        ('[[routes]]\nreceivers = ["opps"]\n' + OPS, 3, "no receiver 'opps'; did you mean ops?"),
        (ROUTE + '[[routes]]\nreceivers = ["ops"]\nmatch = { severty = "x" }\n' + OPS, 6, "did you mean severity?"),
        (ROUTE + 'escalate = ["boss"]\n' + OPS, 4, "no receiver 'boss'"),
        ('fallback = "mail"\n' + OPS, 2, "no receiver 'mail'"),
        ('[receivers.ops]\nkind = "webhok"\n', 2, "did you mean webhook?"),
        ('[receivers.ops]\nkind = "webhook"\n', 2, "either url or url_file"),
        ('[[quiet]]\nbegin = "25:00"\nend = "07:00"\n', 3, "'25:00' is no time of day"),
        ('[[quiet]]\nbegin = "22:00"\nend = "07:00"\nzone = "Berlin"\n', 5, "'Berlin' is no time zone"),
        ('[[inhibit]]\nsource = { rule = "kill" }\ntarget = { rul = "x" }\n', 4, "did you mean rule?"),
        ('without = ["kil"]', 2, "no shipped rule 'kil'; did you mean kill?"),
        ("[rules.x", 0, "is no TOML"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, text)
    assert caught.value.exit_code == Exit.CONFIG
    assert said in caught.value.message
    assert f", line {line}:" in caught.value.message or not line


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        Source(tmp_path)
    (tmp_path / "latin").write_bytes(b"summary = '\xe9'")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        Source(tmp_path / "latin")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # Apprise looks for it
@pytest.mark.parametrize(
    ("receiver", "said"),
    [
        ('kind = "webhook"\nurl = "ftp://hunter2/"', "is not one of http or https"),
        ('kind = "webhook"\nurl = "http://hunter2:99999/"', "is not one of http or https"),
        ('kind = "webhook"\nurl_file = "/nowhere/hunter3"', "url_file: the file /nowhere/hunter3 can't be read"),
        ('kind = "apprise"\nurls = ["nosuch://hunter2"]', "Apprise does not take its URL (nosuch://…)"),
    ],
)
def test_addresses_that_do_not_fit_are_not_repeated(tmp_path: Path, receiver: str, said: str) -> None:
    plan = plan_of(tmp_path, f"[receivers.ops]\n{receiver}\n")
    with pytest.raises(ConfigError) as caught:
        addresses(plan, lambda _: ())
    assert said in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_own_rules_replace_shipped_ones(tmp_path: Path) -> None:
    own = '[rules.kill]\nenabled = false\nkind = "match"\nsource = "decisions"\nsummary = "a"\n'
    plan = plan_of(tmp_path, 'without = ["blind"]\n' + own, shipped=True)
    assert set(plan.rules) == set(shipped().rules) - {"kill", "blind"}
    assert plan.digest != shipped().digest


def test_the_portfolios_limits_are_those_of_the_settings() -> None:
    assert shipped().rules["drawdown"].limit == 0.05
    assert shipped().rules["drawdown-hard"].limit == 0.15
