"""Compiled reading and writing of Kafka's record batches (format 2) as columns; opens no connection."""
