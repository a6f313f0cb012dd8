"""Training of models from backtests or recorded decisions (extra `train`)."""
