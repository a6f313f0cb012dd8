"""Why the online model is heard or not."""

from __future__ import annotations

from enum import IntEnum

NOT_CONFIGURED, OK, FEATURES_NOT_READY, WARMING_UP, NO_SKILL, DRIFT_DISABLED = range(6)


class Status(IntEnum):
    """State of the online model after a bar."""

    not_configured = NOT_CONFIGURED
    ok = OK
    features_not_ready = FEATURES_NOT_READY  # an input of this bar is NaN
    warming_up = WARMING_UP  # too few labels since the first bar
    no_skill = NO_SKILL  # its log loss does not beat the base rate's
    drift_disabled = DRIFT_DISABLED  # too few labels since the last drift
