"""Kafka record batches (v2) from and to columns, without an object a record. Pure: bytes in, bytes out."""
