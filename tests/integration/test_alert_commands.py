"""`alphapulse alerts` beside a member that runs: list, test over history, silence, acknowledge; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.integration.conftest import Bootstrap
from tests.support.alarms import MINUTE
from tests.support.alerting import (
    Alerting,
    alerts_settings,
    decide,
    make_alerts_topics,
    measure,
    now_ms,
    write_file,
    wrote,
)
from tests.support.commands import command
from tests.support.fleet import until
from tests.support.gateway import GatewayProcess
from tests.support.hooks import Hook
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka


async def shown(settings: Settings, folder: Path) -> None:
    """The gateway has the same."""
    with GatewayProcess(settings, folder, ALPHAPULSE_GATEWAY__WRITES_PER_S="20") as gateway:
        await gateway.ready()
        found = (await gateway.get("alerts")).json()
        told = {(one["alert"]["rule"], one["alert"]["labels"].get("symbol"), one["silenced"]) for one in found["items"]}
        assert told == {("level-shift", "AAA", True), ("level-shift", "BBB", False), ("limit-near", None, False)}
        assert (found["total"], found["firing"]) == (3, 2)
        near = (await gateway.get("alerts", state="acknowledged", rule="limit-near")).json()
        assert [one["alert"]["acknowledged"]["who"] for one in near["items"]] == ["ann"]
        sent = (await gateway.get("alerts/deliveries", limit=1)).json()
        assert (len(sent["items"]), sent["total"]) == (1, 2)
        assert sent["items"][0]["delivery"]["outcome"] == "delivered"
        silences = (await gateway.get("silences")).json()
        assert ([one["reason"] for one in silences["items"]], silences["complete"]) == (["planned"], True)
        assert (await gateway.get("alerts", state="opne")).status_code == 400
        await written_by(gateway, next(one["alert"] for one in found["items"] if one["alert"]["state"] == "firing"))


async def written_by(gateway: GatewayProcess, alert: dict[str, Any]) -> None:
    """What an operator does by the gateway."""
    matchers = [{"label": "rule", "value": "kill"}]
    made = await gateway.post("silences", {"matchers": matchers, "lasts_ms": 60_000, "reason": "drill"})
    assert made.status_code == 200, made.text
    identity = made.json()["subject"]

    async def known() -> bool:
        return any(one["id"] == identity for one in (await gateway.get("silences")).json()["items"])

    await until(known, 20, "the silence")
    assert (await gateway.delete(f"silences/{identity}", reason="over")).status_code == 200
    assert (await gateway.delete(f"silences/{'0' * 32}", reason="over")).status_code == 404
    done = await gateway.post(f"alerts/{alert['fingerprint']}/acknowledge", {"reason": "on it"})
    assert done.status_code == 200, done.text
    assert done.json()["subject"] == alert["fingerprint"]
    for path, body in (("silences", {"matchers": [], "lasts_ms": 1, "reason": ""}), ("alerts/kill/acknowledge", {})):
        assert (await gateway.post(path, body)).status_code == 400


async def test_what_operators_do(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    with Hook() as hook:
        settings = alerts_settings(broker.bootstrap, topic_prefix, write_file(tmp_path, hook.url))
        missing = command(settings, "alerts", "list")
        assert (missing.code, "does not exist" in missing.sentence) == (Exit.CONFIG, True)
        await make_alerts_topics(settings)
        begun = now_ms()
        assert "no alert is open" in command(settings, "alerts", "list").err
        assert "nothing is silenced" in command(settings, "alerts", "silences").err
        async with Alerting(settings, tmp_path) as fleet:
            await fleet.owner("owner")
            silenced = command(
                settings, "alerts", "silence", "rule=level-*", "symbol!=BBB", "--for", "1h", "--reason", "planned"
            )
            assert silenced.code == Exit.OK, silenced.err
            await decide(settings, [(0, "AAA", 1), (1, "BBB", 1)], "level_shift")
            await measure(settings, load=0.9)
            near = await wrote(settings, "limit-near", "firing")
            done = command(
                settings, "alerts", "acknowledge", near.fingerprint, "--reason", "on it", "--who", "ann", "--json"
            )
            act = msgspec.json.decode(done.out)
            assert (act["action"], act["subject"], act["who"]) == ("acknowledge_alert", near.fingerprint, "ann")
            await wrote(settings, "limit-near", "acknowledged")

            async def told() -> bool:
                return len(hook.taken) >= 2

            await until(told, 20, "two messages")
            table = command(settings, "alerts", "list").out
            assert "limit-near" in table
            assert "symbol=AAA" in table  # silenced, and recorded
            sent = msgspec.json.decode(command(settings, "alerts", "list", "--deliveries", "--json").out)
            assert {one["outcome"] for one in sent} == {"delivered"}
            (silence,) = msgspec.json.decode(command(settings, "alerts", "silences", "--json").out)
            assert (silence["author"] != "", silence["reason"]) == (True, "planned")
            await shown(settings, tmp_path)
            ended = command(settings, "alerts", "end-silence", silence["id"], "--reason", "over")
            assert ended.code == Exit.OK, ended.err

            async def all_told() -> bool:
                return {one.json["alerts"][0]["labels"].get("symbol") for one in hook.taken} >= {"AAA", "BBB"}

            await until(all_told, 20, "what was silenced")
            await fleet.stop()
    span = ("--since", str(begun - MINUTE), "--until", str(now_ms() + MINUTE))
    trial = command(settings, "alerts", "test", "level-shift", *span, "--json")
    found = msgspec.json.decode(trial.out)
    assert {(one["labels"]["symbol"], one["state"]) for one in found} == {("AAA", "firing"), ("BBB", "firing")}
    assert "fires 1 times" in command(settings, "alerts", "test", "limit-near", *span).out
    for arguments, code, said in (
        (("test", "limit-nea", *span), Exit.USAGE, "did you mean limit-near?"),
        (("test", "lag", *span), Exit.CONFIG, "nothing that this rule looks at was seen"),
        (("silence", "rule", "--for", "1h", "--reason", "x"), Exit.USAGE, "is no matcher"),
        (("silence", "rule=x", "--for", "1hour", "--reason", "x"), Exit.USAGE, "did you mean 1h?"),
        (("silence", "rule=x", "--for", "100d", "--reason", "x"), Exit.CONFIG, "up to 90 days"),
        (("acknowledge", "kill", "--reason", "x"), Exit.CONFIG, "is no fingerprint"),
        (("acknowledge", near.fingerprint, "--reason", ""), Exit.CONFIG, "has a reason"),
        (("end-silence", "x", "--reason", "x"), Exit.CONFIG, "is no id of a silence"),
    ):
        refused = command(settings, "alerts", *arguments)
        assert (refused.code, said in refused.sentence) == (code, True), refused.err
    checked = command(settings, "alerts", "check")
    assert "receivers: ops (webhook)" in checked.out
    (tmp_path / "alerts.toml").write_text('[rules.x]\nkind = "mach"\n', encoding="utf-8")
    bad = command(settings, "alerts", "check")
    assert (bad.code, "line 1: rules.x: no kind 'mach'; did you mean match?" in bad.sentence) == (Exit.CONFIG, True)
    async with Alerting(settings, tmp_path) as fleet:
        member = fleet.member("refused")
        assert await member.exit_code(30) == Exit.CONFIG
        assert "did you mean match?" in member.text
        assert "Traceback" not in member.text
