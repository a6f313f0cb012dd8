"""The upkeep of Delta tables: small files together, days sorted, what nobody needs deleted."""
