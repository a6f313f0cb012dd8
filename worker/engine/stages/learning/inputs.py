"""Inputs of the model: scale-free features of a bar, one of each kind of the feature vector."""

import math
from typing import Any

from worker.engine.kernel import embedded

INPUTS = (
    "logret_1",
    "roc_10",
    "slope_20",
    "ema_12_dist",
    "ema_50_dist",
    "rsi_14",
    "adx_14",
    "bb_pctb_20",
    "don_pos_20",
    "mfi_14",
    "cmf_20",
    "vwap_20_dev",
    "vol_z_20",
    "er_20",
    "acf1_60",
    "vol_ratio",
)
COUNT = len(INPUTS)


@embedded
def gather(features: Any, values: Any) -> bool:
    """Write the inputs into `values`, shape (COUNT,); return False when one of them is not ready."""
    values[0] = features.logret_1
    values[1] = features.roc_10
    values[2] = features.slope_20
    values[3] = features.ema_12_dist
    values[4] = features.ema_50_dist
    values[5] = features.rsi_14
    values[6] = features.adx_14
    values[7] = features.bb_pctb_20
    values[8] = features.don_pos_20
    values[9] = features.mfi_14
    values[10] = features.cmf_20
    values[11] = features.vwap_20_dev
    values[12] = features.vol_z_20
    values[13] = features.er_20
    values[14] = features.acf1_60
    values[15] = features.vol_ratio
    ready = True
    for i in range(COUNT):
        ready &= not math.isnan(values[i])
    return ready
