"""Alerts: rules over decisions, rejections, the portfolio and the fleet, and messages that arrive."""
