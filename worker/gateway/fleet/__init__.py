"""The fleet as seen from outside: the group's coordinator, the workers' probes, and what the topics show."""
