"""Rolling windows: a dtype factory and kernels each, so that a stage can put one inside its state."""
