"""End-to-end latency: load generator, client and reader in processes of their own."""
