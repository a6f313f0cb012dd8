"""What is promised of the archive's figures."""

from __future__ import annotations

from tests.bench.targets import AT_LEAST, AT_MOST, Target, Targets

POINTS = 13  # kill points of `tests/chaos`: 8 of a member, 3 of upkeep, 2 of a put

TARGETS: Targets = {
    "rows_missing": (Target(AT_MOST, 0),),
    "rows_repeated": (Target(AT_MOST, 0),),
    "kill_points_passed": (Target(AT_LEAST, POINTS),),
    "rows_per_cpu_s": (Target(AT_LEAST, 10_000),),
    "rss_mb": (Target(AT_MOST, 500),),
    "sorting_rss_mb": (Target(AT_MOST, 500),),
    "away_rss_mb": (Target(AT_MOST, 500),),
    "median_file_mb": (Target(AT_LEAST, 32),),
    "symbol_day_query_ms": (Target(AT_MOST, 500),),
}
EXACT = frozenset({"rows_missing", "rows_repeated", "kill_points_passed"})
