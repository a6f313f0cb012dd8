"""A model and a stage for AlphaPulse, as a pattern for your own."""
