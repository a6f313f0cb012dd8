"""From the results of the engine to records in Kafka: built, encoded, delivered with their offset."""
