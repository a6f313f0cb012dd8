"""Models: what is fitted offline, and how predictions are scored."""
