"""Chart structure: swings, levels, breakouts and their formations, on confirmation bars only (domain §4.2)."""
