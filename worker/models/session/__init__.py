"""Models in the runtime: sessions, graphs, and the checks before a model is used."""
