"""How logs are searched: filters, cursors, budgets."""
