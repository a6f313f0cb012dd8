"""Program for the environment of skfolio: exponentially weighted covariances of the returns in the file given."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from skfolio.moments import EWCovariance


def main() -> None:
    """Print each covariance by name; `argv`: an archive of returns, λ."""
    decay = float(sys.argv[2])
    half_life = float(np.log(0.5) / np.log(decay))  # 11.2023 at 0.94
    found = {}
    with np.load(Path(sys.argv[1])) as archive:
        for name in archive:
            found[name] = EWCovariance(half_life=half_life).fit(archive[name]).covariance_.tolist()
    print(json.dumps(found))


main()
