"""The state of a partition: its dirty symbols, its records in the state topic, and its recovery."""
