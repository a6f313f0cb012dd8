"""A strategy behind the engine over made markets, and what of it is looked at meanwhile."""
