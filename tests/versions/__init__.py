"""The promise on other versions of Kafka than the pinned one (`make test-versions`)."""
