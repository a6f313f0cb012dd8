"""The linear model that both learners fit: one weight per input and one for the constant 1."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.learning.inputs import COUNT

WEIGHTS = COUNT + 1  # the last weight is the intercept's


@embedded
def component(x: Any, i: int) -> float:
    """Return input `i` of `x`, shape (COUNT,); 1 for the intercept."""
    value: float = x[i] if i < COUNT else 1.0
    return value


@embedded
def margin(weights: Any, x: Any) -> float:
    """Return w·x with the intercept: the log odds of a rise."""
    total: float = weights[COUNT]
    for i in range(COUNT):
        total += weights[i] * x[i]
    return total
