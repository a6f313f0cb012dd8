"""Rules over records: pure, so that the same log, journal and settings give the same alerts."""
