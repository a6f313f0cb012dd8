"""Alerts on a real broker with a real web server: what rules find arrives, once, whatever happens to members."""

from __future__ import annotations

import hashlib
import hmac
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.alerting import (
    Alerting,
    act,
    alerts_settings,
    assert_replay,
    decide,
    delivered,
    make_alerts_topics,
    measure,
    owns,
    write_file,
    wrote,
)
from tests.support.fleet import until
from tests.support.hooks import Hook
from worker.errors import Exit
from worker.operate import alerts as topics
from worker.operate.acts import alerts as acts

pytestmark = pytest.mark.kafka


async def test_an_alert_from_its_first_sign_to_its_end(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    with Hook() as hook:
        settings = alerts_settings(broker.bootstrap, topic_prefix, write_file(tmp_path, hook.url))
        await make_alerts_topics(settings)
        async with Alerting(settings, tmp_path) as fleet:
            owner = await fleet.owner("owner")
            await decide(settings, [(0, "AAA", 1), (1, "BBB", 1)])
            await measure(settings, load=0.9, blocking=["kill: day"])
            kill = await wrote(settings, "kill", "firing")
            assert kill.evidence[0].topic == settings.topics.figures
            await act(settings, acts.acknowledge_alert(kill.fingerprint, "on it"))
            await wrote(settings, "kill", "acknowledged")
            assert [one.rule for one in await topics.alerts(settings)] == ["limit-near", "kill"]
            silence = acts.silence([acts.matcher("rule=limit-*")], 60_000, "ann", "known")
            await act(settings, silence)
            await until(lambda: holds(settings, silence.subject), 20, "the silence")
            await measure(settings, load=0.5)
            await wrote(settings, "kill", "resolved")
            await wrote(settings, "limit-near", "resolved")
            await decide(settings, [(0, "AAA", 2)], "level_shift")
            shift = await wrote(settings, "level-shift", "firing")
            assert shift.labels == {"symbol": "AAA"}
            await delivered(settings, 4)
            owner.send(signal.SIGTERM)
            assert await owner.exit_code(20) == Exit.OK, owner.text
        told = {(one.json["alerts"][0]["labels"]["alertname"], one.json["status"]) for one in hook.taken}
        assert told == {
            ("kill", "firing"),
            ("limit-near", "firing"),
            ("kill", "resolved"),
            ("level-shift", "firing"),
        }
        assert set(hook.alerts().values()) == {1}
        for one in hook.taken:
            signed = f"{one.headers['X-AlphaPulse-Timestamp']}.".encode() + one.body
            digest = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
            assert one.headers["X-AlphaPulse-Signature"] == f"sha256={digest}"
            assert one.headers["Idempotency-Key"] == one.json["messageId"]
    await assert_replay(settings)


async def holds(settings: object, silence: str) -> bool:
    return any(one.id == silence for one in await topics.silences(settings))  # type: ignore[arg-type]


@fault("F59")
async def test_the_standby_goes_on(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    with Hook() as hook:
        settings = alerts_settings(broker.bootstrap, topic_prefix, write_file(tmp_path, hook.url))
        await make_alerts_topics(settings)
        async with Alerting(settings, tmp_path) as fleet:
            first = await fleet.owner("first")
            second = fleet.member("second")
            await second.ready()
            await owns(first, 10)
            await measure(settings, load=1.2)
            await wrote(settings, "limit-passed", "firing")
            await delivered(settings, 2)
            first.kill()
            fleet.workers.remove(first)
            await owns(second, 30)
            await measure(settings, load=0.1)
            await wrote(settings, "limit-passed", "resolved")
            await delivered(settings, 4)
            await fleet.stop()
        assert set(hook.alerts().values()) == {1}
    await assert_replay(settings)
