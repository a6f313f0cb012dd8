"""Models at work: loaded, switched, tried beside each other, and cut off when they fail."""
