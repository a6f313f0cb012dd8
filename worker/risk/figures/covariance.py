"""Exponentially weighted covariance of returns, mean 0 (RiskMetrics technical document, 1996)."""

from __future__ import annotations

import numpy as np

from worker.risk.figures.gram import Floats, gram

WINDOW = 512  # returns


def weights(count: int, decay: float) -> Floats:
    """Return λ^k·(1-λ)/(1-λⁿ) for k = n-1 … 0, shape (count,): oldest first, their sum is 1."""
    powers = np.empty(count)
    value = 1.0
    for k in range(count - 1, -1, -1):
        powers[k] = value
        value *= decay
    return powers * ((1.0 - decay) / (1.0 - value))


def weighted(returns: Floats, decay: float) -> Floats:
    """Return the returns (n, p), oldest first, times the roots of their weights: the covariance is their `gram`."""
    scaled: Floats = returns * np.sqrt(weights(returns.shape[0], decay))[:, None]
    return scaled


def covariance(returns: Floats, decay: float) -> Floats:
    """Return Σ_k λ^k r rᵀ·(1-λ)/(1-λⁿ) of returns (n, p), oldest first; shape (p, p)."""
    return gram(weighted(returns, decay))


def correlation(of: Floats) -> Floats:
    """Return the correlation of a covariance; 0 beside a variance of 0, 1 on the diagonal."""
    sigma = np.sqrt(np.diag(of))
    scale = np.divide(1.0, sigma, out=np.zeros_like(sigma), where=sigma > 0.0)
    found: Floats = np.clip(of * scale[:, None] * scale[None, :], -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found
