"""Metrics of a run: days and sessions, returns and ratios, trades, and a verdict per figure."""
