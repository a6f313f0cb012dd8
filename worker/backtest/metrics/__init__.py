"""What a run earned: days and sessions, returns and ratios, trades, and a verdict on each figure."""
