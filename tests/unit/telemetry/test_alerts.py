"""Alerts name metrics that there are."""

from __future__ import annotations

import re
from pathlib import Path

from worker.telemetry.metrics import METRICS

ALERTS = Path(__file__).parents[3] / "deploy" / "compose" / "alerts.yaml"


def test_alerts_name_metrics_of_the_catalogue() -> None:
    known = {name + ("_total" if kind == "counter" else "") for name, kind, _ in METRICS.catalogue()}
    named = set(re.findall(r"alphapulse_\w+", "\n".join(re.findall(r"expr: (.*)", ALERTS.read_text()))))
    assert "alphapulse_symbol_limit_reached" in named
    assert named <= known
