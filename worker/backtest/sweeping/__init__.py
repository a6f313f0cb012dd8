"""Sweeps over a strategy's parameters: what does not depend on them is computed once for all."""
