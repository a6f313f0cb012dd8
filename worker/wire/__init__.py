"""Kafka's record batches (format 2) as columns: compiled reading and writing. It opens no connection."""
