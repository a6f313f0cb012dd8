"""The tasks beside the poll loop: checks of topics and group, and the log of the pace."""
