"""What is promised of the portfolio's risk."""

from __future__ import annotations

from tests.bench.risk.replaying import RUNS
from tests.bench.targets import AT_LEAST, AT_MOST, Target, Targets

TARGETS: Targets = {
    "oracle_worst_error": (Target(AT_MOST, 1e-12),),
    "replays_equal": (Target(AT_LEAST, len(RUNS)),),
    "step_ms": (Target(AT_MOST, 50),),
    "rebuild_ms": (Target(AT_MOST, 300),),
    "decisions_per_cpu_s": (Target(AT_LEAST, 50_000),),
    "decisions_per_cpu_s_20000": (Target(AT_LEAST, 50_000),),
    "bars_to_flat_after_kill": (Target(AT_MOST, 2),),
    "opens_under_kill": (Target(AT_MOST, 0),),
    "takeover_s": (Target(AT_MOST, 2),),
    "restore_s": (Target(AT_MOST, 5),),
    "rss_mb": (Target(AT_MOST, 600),),
}
EXACT = {"oracle_worst_error", "replays_equal", "bars_to_flat_after_kill", "opens_under_kill"}  # the others are times
