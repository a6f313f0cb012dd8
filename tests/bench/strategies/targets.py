"""What is promised of strategies."""

from __future__ import annotations

from tests.bench.targets import AT_LEAST, AT_MOST, Target, Targets

TARGETS: Targets = {
    "trades_compared": (Target(AT_LEAST, 4_000),),
    "trades_differing": (Target(AT_MOST, 0),),
    "check_faults_found": (Target(AT_LEAST, 12),),
    "call_ns": (Target(AT_MOST, 20),),
    "compile_s": (Target(AT_MOST, 2),),
    "overhead_ratio": (Target(AT_MOST, 1.15),),
    "python_us_per_bar": (Target(AT_MOST, 15),),
    "sweep_s": (Target(AT_MOST, 5), Target(AT_MOST, of="vectorbt_sweep_s")),
}
EXACT = {"trades_compared", "trades_differing", "check_faults_found"}  # the others are times
