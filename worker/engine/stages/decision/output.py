"""The published values of a decision, already rounded, so that all writers agree on the bytes (decisions 11)."""

from __future__ import annotations

import numpy as np

from worker.engine.stages.signal.components import COMPONENTS

TOP = 5  # number of published contributions
FLAT, LONG, SHORT = range(3)

POSITION = np.dtype(
    [
        ("state", "u1"),  # 0 flat, 1 long, 2 short
        ("qty", "f8"),
        ("entry", "f8"),  # NaN when flat, as stop and target
        ("stop", "f8"),
        ("target", "f8"),
        ("unrealised", "f8"),
        ("realised", "f8"),
        ("bars_held", "i8"),
    ],
    align=True,
)

RISK_FIELDS = ("sigma_ann", "var99", "es99", "dd", "g", "g_regime", "g_dd", "g_quality", "g_ctl")
RISK = np.dtype([(name, "f8") for name in RISK_FIELDS], align=True)

OUTPUT = np.dtype(
    [
        ("sequence", "i8"),  # written by the driver
        ("action", "u1"),  # Action
        ("side", "i1"),  # of the order: +1 buys, -1 sells, 0 none
        ("blocking", "i1"),  # the first reason that prevented a trade, -1 = none
        ("reasons", "u4"),  # bit mask of reason codes
        ("qty", "f8"),  # of the order, base units
        ("notional", "f8"),  # at the reference price, quote currency
        ("ref_price", "f8"),  # this bar's close
        ("stop", "f8"),  # of the opening order, else of the held position; NaN without either
        ("target", "f8"),
        ("position", POSITION),  # after this bar
        ("score", "f8"),
        ("model_prob", "f8"),  # NaN where no model takes part
        ("final", "f8"),
        ("agreement", "f8"),
        ("confidence", "f8"),
        ("p_turb", "f8"),
        ("mtf", "f8"),
        ("mtf_agreement", "f8"),
        ("risk", RISK),
        ("control_version", "i8"),
        ("control_all_version", "i8"),
        ("contributions", "f8", (len(COMPONENTS),)),  # in the order of COMPONENTS, NaN = dropped
        ("top", "i1", (TOP,)),  # indices of the largest, by size; -1 = no more
        ("anomaly_d2", "f8"),  # these three are NaN where the stage is off or not ready
        ("forecast_h", "f8"),
        ("forecast_sd", "f8"),
    ],
    align=True,
)
