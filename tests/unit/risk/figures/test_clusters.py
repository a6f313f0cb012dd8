"""Clusters against scipy's single linkage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from tests.support.oracle_report import record
from tests.unit.risk.figures.returns import market
from worker.risk.figures.clusters import clusters
from worker.risk.figures.covariance import correlation, covariance


def differing(seed: int, symbols: int, limit: float) -> int:
    """How many pairs are together here and apart in scipy's clusters, or the other way around."""
    found = correlation(covariance(market(80, symbols, seed), 0.94))
    distance = squareform(1.0 - np.abs(found), checks=False)
    oracle = fcluster(linkage(distance, "single"), np.nextafter(1.0 - limit, 0.0), "distance")
    labels = clusters(found, limit)
    return int(((labels[:, None] == labels) != (oracle[:, None] == oracle)).sum()) // 2


@given(seed=st.integers(0, 10_000), symbols=st.integers(2, 25), limit=st.sampled_from([0.3, 0.8, 0.95]))
def test_clusters_are_scipys(seed: int, symbols: int, limit: float) -> None:
    assert differing(seed, symbols, limit) == 0


@pytest.mark.parametrize("symbols", [3, 12, 40])
def test_the_usual_clusters_are_scipys(symbols: int) -> None:
    wrong = sum(differing(seed, symbols, 0.8) for seed in range(20))
    record(f"risk clusters, scipy.fcluster 80x{symbols}", float(wrong), 0.0)


def test_a_chain_is_one_cluster_and_a_hedge_belongs_to_it() -> None:
    matrix = np.eye(4)
    for i, j, value in ((0, 2, 0.9), (2, 3, -0.85)):
        matrix[i, j] = matrix[j, i] = value
    assert clusters(matrix, 0.8).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("value", [0.8, -0.8])
def test_the_limit_itself_joins_none(value: float) -> None:
    assert clusters(np.array([[1.0, value], [value, 1.0]]), 0.8).tolist() == [0, 1]
