"""Backtests: the engine over recorded bars, with the decisions and rejections of live workers and their returns."""
