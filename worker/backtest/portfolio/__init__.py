"""All symbols on one clock, with the portfolio's risk monitor in the loop."""
