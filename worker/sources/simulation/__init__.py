"""Bars that are made up: markets, and faults put into them."""
