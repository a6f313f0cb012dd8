"""Models in service: loaded, switched, compared, and cut off when they fail."""
