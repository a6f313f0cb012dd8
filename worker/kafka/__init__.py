"""Kafka clients, requests, records and transactions; nothing here depends on the engine."""
