"""Everything that speaks Kafka and knows no engine: clients, requests, records, transactions."""
