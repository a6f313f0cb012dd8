"""Rolling windows: a dtype factory and kernels each, so that a stage can embed one in its state."""
