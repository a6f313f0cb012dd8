"""Control records: the newest of each key, and the consumer that reads them."""
