"""Figures of a portfolio: functions of positions and returns, in compiled loops of fixed order."""
