"""What a step writes: the portfolio's record, and the state from which the next step goes on."""
