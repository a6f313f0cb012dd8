"""What follows from the figures: blocks, scales, caps and kills, each with hysteresis."""
