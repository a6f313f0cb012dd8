"""A corporate action on a symbol: its state at the price level that comes, as if the bars before had had it."""
