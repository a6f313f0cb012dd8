"""The outputs: from engine results to Kafka records, built, encoded and delivered with their offset."""
