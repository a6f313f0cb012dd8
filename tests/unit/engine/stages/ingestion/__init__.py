"""Unit tests of ingestion: from bytes to outcomes, through the whole engine of a partition."""
