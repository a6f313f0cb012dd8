"""The portfolio's risk: figures over all symbols, and the limits that follow from them. Pure: no Kafka and no clock."""
