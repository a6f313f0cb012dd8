"""The archive measured (`make archive`)."""
