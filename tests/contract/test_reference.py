"""The reference tables say what the code says."""

from __future__ import annotations

from worker import reference
from worker.telemetry.metrics import METRICS


def test_the_pages_are_current() -> None:
    assert reference.stale() == [], "run `make reference`"


def test_metrics_have_no_symbol_label_and_one_prefix() -> None:
    for name, _, meaning in METRICS.catalogue():
        assert name.startswith(("alphapulse_", "process_"))  # process_*: as every Prometheus client names them
        assert meaning
    labels = [label for metric in vars(METRICS).values() for label in getattr(metric, "_labelnames", ())]
    assert labels
    assert "symbol" not in labels
