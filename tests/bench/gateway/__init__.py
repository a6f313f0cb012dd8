"""What the gateway's stream and its view of the fleet cost and promise, measured on a real broker."""
