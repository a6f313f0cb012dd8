"""Columns of times: what kind of cells they hold, and the instants that these mean."""
