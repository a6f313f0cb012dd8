"""What a strategy's file is written with."""
