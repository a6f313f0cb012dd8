"""The two kinds of models that are trained; each gives the same model for the same samples and seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker import extras
from worker.training.samples import Samples

KINDS = ("gbdt", "logistic")
TREES, DEPTH = 20, 3  # some 0.7 µs a row in ONNX Runtime


def module(name: str) -> Any:
    """Return a module of the extra `train`.

    Raises:
        ConfigError: it is not installed.
    """
    return extras.module(name, "train", f"training needs {name}")


def estimator(kind: str, samples: int, seed: int) -> Any:
    """Return an unfitted estimator; both kinds are strongly regularized, since returns are mostly noise."""
    if kind == "gbdt":
        return module("sklearn.ensemble").GradientBoostingClassifier(
            n_estimators=TREES,
            max_depth=DEPTH,
            learning_rate=0.05,
            subsample=0.5,
            max_features=0.3,
            min_samples_leaf=max(20, samples // 50),
            random_state=seed,
        )
    scaler = module("sklearn.preprocessing").StandardScaler()
    return module("sklearn.pipeline").make_pipeline(scaler, module("sklearn.linear_model").LogisticRegression(C=0.01))


def fit(kind: str, samples: Samples, seed: int) -> Any:
    """Fit an estimator, in one thread: sums in another order have other bits."""
    found = estimator(kind, len(samples), seed)
    with module("threadpoolctl").threadpool_limits(limits=1):
        return found.fit(samples.features, samples.up)


def predict(fitted: Any, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the probability that the price rises, (n,)."""
    with module("threadpoolctl").threadpool_limits(limits=1):
        return np.asarray(fitted.predict_proba(features)[:, 1], np.float64)
