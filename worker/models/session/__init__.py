"""A model in the runtime: sessions, the graph, and the trials that a model must pass before it is used."""
