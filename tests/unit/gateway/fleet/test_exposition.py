"""What is taken from a worker's metrics is what Prometheus's own parser reads there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from worker.gateway.fleet.exposition import read_metrics
from worker.gateway.fleet.probe import WANTED
from worker.gateway.fleet.rates import BUCKETS, Rates, quantile_ms, together
from worker.telemetry.metrics import Metrics


def test_the_light_parser_reads_what_the_other_one_does() -> None:
    metrics = Metrics()
    metrics.decisions.labels("hold").inc(7)
    metrics.consumer_lag_records.labels(3).set(12)
    metrics.build_info.labels('0.1"\\x', "a\nb").set(1)
    for seconds in (0.002, 0.02, 0.3, 99):
        metrics.commit_duration_seconds.observe(seconds)
    text = generate_latest(metrics.registry).decode()
    found = read_metrics(text, WANTED)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    for name in WANTED:
        wanted = {tuple(sample.labels.items()): sample.value for sample in samples if sample.name == name}
        assert found[name] == wanted, name
    assert all(found.values()), "each wanted metric is there"


@given(
    st.text() | st.lists(st.sampled_from([*WANTED, "{", "}", '"', "\\", "le=", " 1", "\n", "nan", "+Inf"])).map("".join)
)
def test_any_text_is_read(text: str) -> None:
    found = read_metrics(text, WANTED)
    assert set(found) == set(WANTED)


def test_quantiles_are_interpolated_as_prometheus_does() -> None:
    buckets = {0.1: 50.0, 0.2: 90.0, 0.5: 100.0, float("inf"): 100.0}
    assert quantile_ms(buckets, 0.5) == pytest.approx(100)
    assert quantile_ms(buckets, 0.7) == pytest.approx(150)
    assert quantile_ms(buckets, 0.99) == pytest.approx(470)
    assert quantile_ms(buckets, 0.25) == pytest.approx(50)
    assert quantile_ms({0.1: 0.0, float("inf"): 4.0}, 0.99) == pytest.approx(100)
    assert quantile_ms({0.1: 0.0, float("inf"): 0.0}, 0.99) is None
    assert quantile_ms({}, 0.99) is None
    assert together([buckets, buckets])[0.2] == 180.0


def samples(decisions: float, cpu: float, commits: float = 0.0) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {name: {} for name in WANTED}
    found["alphapulse_decisions_total"] = {(("action", "hold"),): decisions}
    found["process_cpu_seconds_total"] = {(): cpu}
    found[BUCKETS] = {(("le", "0.1"),): commits, (("le", "+Inf"),): commits}
    return found


def test_rates_are_of_the_last_ten_seconds_and_begin_anew_with_the_process() -> None:
    rates = Rates()
    rates.note(0.0, samples(1_000, 5, 10))
    assert rates.pace().decisions_per_s is None
    for second in range(1, 31):
        rates.note(float(second), samples(1_000 + 100 * max(second - 20, 0), 5 + 0.5 * second, 10 + second))
    assert rates.pace()[:2] == (100.0, 50.0)
    assert rates.buckets()[0.1] == 30
    rates.note(31.0, samples(3, 0.5))
    assert rates.pace()[:2] == (None, None)
