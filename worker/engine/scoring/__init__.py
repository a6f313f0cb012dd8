"""Scoring of bars beside the rules: the choice of model, its name in decisions, and the labels that it learns from."""
