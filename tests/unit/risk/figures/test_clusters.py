"""Clusters against scipy's single linkage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from tests.unit.risk.figures.returns import market
from worker.risk.figures.clusters import clusters
from worker.risk.figures.covariance import correlation, covariance


def same(labels: np.ndarray, others: np.ndarray) -> bool:
    """Whether two labellings are the same partition."""
    return bool(((labels[:, None] == labels) == (others[:, None] == others)).all())


@given(seed=st.integers(0, 10_000), symbols=st.integers(2, 25), limit=st.sampled_from([0.3, 0.8, 0.95]))
def test_clusters_are_scipys(seed: int, symbols: int, limit: float) -> None:
    found = correlation(covariance(market(80, symbols, seed), 0.94))
    distance = squareform(1.0 - np.abs(found), checks=False)
    oracle = fcluster(linkage(distance, "single"), np.nextafter(1.0 - limit, 0.0), "distance")
    assert same(clusters(found, limit), oracle)


def test_a_chain_is_one_cluster_and_a_hedge_belongs_to_it() -> None:
    matrix = np.eye(4)
    for i, j, value in ((0, 2, 0.9), (2, 3, -0.85)):
        matrix[i, j] = matrix[j, i] = value
    assert clusters(matrix, 0.8).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("value", [0.8, -0.8])
def test_the_limit_itself_joins_none(value: float) -> None:
    assert clusters(np.array([[1.0, value], [value, 1.0]]), 0.8).tolist() == [0, 1]
