"""Files as people have them: dirty ones through the live path and a backtest, mutated ones through every command."""
