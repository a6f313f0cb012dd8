"""Records as Kafka delivers and accepts them."""
