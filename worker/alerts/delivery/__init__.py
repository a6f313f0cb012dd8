"""Messages on their way: a book of deliveries, a line for each receiver, and the receivers themselves."""
