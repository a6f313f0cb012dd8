"""What runs beside the loop: looks at topics and group, and the log of the pace."""
