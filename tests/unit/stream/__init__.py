"""Unit tests of the Kafka side, as far as it can be proved without a broker."""
