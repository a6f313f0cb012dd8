"""The pure core: arrays in, arrays out; no Kafka, no clock, no I/O, no asyncio."""
