"""Strategies of users' own."""
