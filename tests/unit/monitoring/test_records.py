"""What a step's records look like on the wire."""

from __future__ import annotations

import zlib

import msgspec

from schemas.control import MONITOR_HEADER
from tests.support.monitored import Run, live, log
from worker.leading.records import CHECKSUM
from worker.monitoring.records import Step, Writer
from worker.risk.settings import RiskSettings
from worker.settings import ProcessingSettings, Settings, TopicSettings

SETTINGS = Settings(topics=TopicSettings(prefix="p."), processing=ProcessingSettings(group="g"))


def steps(run: Run) -> list[Step]:
    return [
        Step(at + 1, one.ts, one.ts, output)
        for at, (one, output) in enumerate(zip(run.records, run.outputs, strict=True))
    ]


def test_the_records_of_steps_in_one_transaction() -> None:
    run = Run(RiskSettings.model_validate({"returns": "5m", "capital": 20_000.0}))
    live(run, log(6, 1, 20, 1), 1)
    found = list(Writer(SETTINGS, 8).records(steps(run)))
    figures = [one.record for one in found if one.record.topic == "p.portfolio"]
    assert [msgspec.json.decode(one.value or b"")["number"] for one in figures] == list(range(1, len(run.outputs) + 1))
    assert dict(figures[1].headers)["ce_id"] == b"portfolio-2"
    assert dict(figures[0].headers)["ce_time"] == b"2024-01-01T00:01:00.000Z"
    assert figures[0].timestamp_ms == run.records[0].ts
    controls = [one for one in found if one.record.topic == "p.risk.control"]
    assert [(one.record.key or b"").decode() for one in controls] == [k for o in run.outputs for k, _ in o.controls]
    assert {dict(one.record.headers)[MONITOR_HEADER] for one in controls} == {b"g"}
    assert len({(one.record.key, one.partition) for one in controls}) == len({one.record.key for one in controls})
    state = [one.record for one in found if one.record.topic == "p.risk.state.g"]
    assert {(one.key or b"").decode(): one.value for one in state} == run.state
    assert len(state) == len(run.state)
    assert state[-1].key == b"head"
    assert all(
        int(dict(one.headers)[CHECKSUM], 16) == zlib.crc32((one.key or b"") + (one.value or b"")) for one in state
    )


def test_names_of_the_monitor() -> None:
    assert SETTINGS.risk_group == "g-risk"
    assert SETTINGS.risk_topics == ("p.decisions", "p.risk.control", "p.risk.state.g", "p.portfolio", "p.audit")
    named = SETTINGS.model_copy(update={"risk": RiskSettings.model_validate({"name": "my book"})})
    assert named.risk_state_topic == "p.risk.state.my_book-7040fd7b"
