"""Records as they come from Kafka and go to it."""
