"""The state of a partition: what of it is unsaved, its records in the state topic, and how it is restored."""
