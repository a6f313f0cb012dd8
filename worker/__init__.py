"""AlphaPulse worker: exactly-once Kafka stream processing that turns OHLCV bars into explainable trading decisions."""

__version__ = "0.1.0"
