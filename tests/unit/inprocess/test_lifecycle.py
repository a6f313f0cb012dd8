"""Start, stop, and what works before, between and after."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

import worker
from tests.unit.inprocess.points import PATIENCE, collect, flat, held
from worker import RealTimePipeline, real_time_pipeline
from worker.errors import ConfigError
from worker.inprocess import PipelineSettings, PipelineStopped
from worker.inprocess.objects.integrations import Integrations
from worker.inprocess.settings import Options


def alive() -> list[str]:
    """The pipelines' threads; that which watches strategies is the process's, and outlives them for a while."""
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("alphapulse")]
    return [name for name in names if name != "alphapulse-watchdog"]


def test_importing_compiles_and_starts_nothing() -> None:
    code = (
        "import sys, threading, worker; assert 'numba' not in sys.modules\n"
        "from worker import real_time_pipeline, RealTimePipeline\n"
        "from worker.engine.pipeline import observe\n"
        "assert isinstance(real_time_pipeline, RealTimePipeline) and not real_time_pipeline.is_running\n"
        "assert not observe.signatures and threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_name_can_be_imported_from_the_package() -> None:
    for name in worker.__all__:
        assert getattr(worker, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = worker.nothing
    assert set(worker.__all__) <= set(dir(worker))


def test_the_ready_made_pipeline_works() -> None:
    with real_time_pipeline:
        assert real_time_pipeline.add_data_point(flat("A", 1)[0])
        assert collect(real_time_pipeline, 1)[0].accepted


def test_start_and_stop_twice() -> None:
    pipeline = RealTimePipeline(num_workers=2)
    pipeline.stop()
    pipeline.start()
    pipeline.start()
    assert sorted(alive()) == ["alphapulse-0", "alphapulse-1"]
    pipeline.stop()
    pipeline.stop()
    assert not alive()


def test_a_stopped_pipeline_goes_on_where_it_was() -> None:
    points = flat("A", 4)
    pipeline = RealTimePipeline(num_workers=1)
    for part in (points[:2], points[2:]):
        with pipeline:
            for point in part:
                pipeline.add_data_point(point)
    assert [result.outcome.sequence for result in collect(pipeline, 4)] == [1, 2, 3, 4]


def test_results_are_readable_after_stop_and_then_end() -> None:
    pipeline = RealTimePipeline(num_workers=1)
    with pipeline:
        for point in flat("A", 50):
            pipeline.add_data_point(point)
    assert len(collect(pipeline, 50)) == 50
    assert pipeline.get_result(timeout=None) is None  # at once: none will come


def test_get_result_waits_no_longer_than_it_is_told() -> None:
    with RealTimePipeline(num_workers=1) as pipeline:
        assert pipeline.get_result(timeout=0) is None
        assert pipeline.get_result(timeout=0.01) is None


def test_stop_without_drain_drops_what_waits() -> None:
    pipeline = RealTimePipeline(num_workers=1)
    with held(pipeline) as go:
        for point in flat("A", 5):
            pipeline.add_data_point(point)
        stopping = threading.Thread(target=pipeline.stop, kwargs={"drain": False})
        stopping.start()
        with pipeline._waiting._lock:
            pipeline._waiting._room.wait_for(lambda: not pipeline.is_running, PATIENCE)
        go.set()
        stopping.join(PATIENCE)
    assert pipeline.get_metrics().points_dropped == 5
    assert len(collect(pipeline, 1)) == 1
    assert pipeline.get_result() is None


@pytest.mark.parametrize("started", [False, True])
def test_points_need_a_running_pipeline(started: bool) -> None:
    pipeline = RealTimePipeline(num_workers=1)
    if started:
        pipeline.start()
        pipeline.stop()
    with pytest.raises(PipelineStopped, match="start"):
        pipeline.add_data_point(flat("A", 1)[0])


def test_options_are_checked() -> None:
    for options in ({"num_workers": 0}, {"overflow": "explode"}, {"unknown": 1}):
        with pytest.raises(ConfigError, match=next(iter(options))):
            RealTimePipeline(**options)
    with pytest.raises(ConfigError, match="budget_of_nobody"):
        RealTimePipeline({"risk": {"budget_of_nobody": 1}})
    with pytest.raises(TypeError, match=r"model_registry needs a method predict\(\)"):
        RealTimePipeline(model_registry=object())  # type: ignore[arg-type]


def test_an_engine_that_fails_stops_the_pipeline_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = RealTimePipeline(num_workers=2)
    heard: list[str] = []
    pipeline.add_callback("error", lambda error: heard.append(error.source))
    pipeline.start()

    def fail(points: object) -> None:
        raise MemoryError("no memory")

    for shard in pipeline._shards:
        monkeypatch.setattr(shard.engine, "run", fail)
    pipeline.add_data_point(flat("A", 1)[0])
    assert pipeline.get_result(PATIENCE) is None
    with pytest.raises(PipelineStopped, match="no memory"):
        pipeline.add_data_point(flat("A", 1)[0])
    pipeline.stop()
    assert heard == ["pipeline"]
    with pytest.raises(PipelineStopped, match="new pipeline"):
        pipeline.start()


def test_the_options_are_the_settings_and_the_parts() -> None:
    assert set(Options.__annotations__) == {*PipelineSettings.model_fields, *Integrations._fields, "strategy"}
