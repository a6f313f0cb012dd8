"""What operators run beside the fleet: proofs, resets, and what lies in its topics."""
