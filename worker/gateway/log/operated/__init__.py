"""What operators did, and what is left of it in force, as the gateway follows both topics."""
