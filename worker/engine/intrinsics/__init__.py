"""What compiled code needs of the processor: memory at addresses, room for a batch, hints."""
