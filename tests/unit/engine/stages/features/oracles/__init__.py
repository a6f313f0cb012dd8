"""Independent values of every feature: TA-Lib, pandas and plain numpy, over whole series."""

from __future__ import annotations

from tests.unit.engine.stages.features.oracles.closes import CLOSES
from tests.unit.engine.stages.features.oracles.oracle import Oracle, worst_error
from tests.unit.engine.stages.features.oracles.ranges import RANGES
from tests.unit.engine.stages.features.oracles.returns import RETURNS
from tests.unit.engine.stages.features.oracles.running_sums import RUNNING_SUMS
from tests.unit.engine.stages.features.oracles.volumes import VOLUMES

ORACLES: dict[str, Oracle] = CLOSES | RANGES | VOLUMES | RETURNS

__all__ = ["ORACLES", "RUNNING_SUMS", "Oracle", "worst_error"]
