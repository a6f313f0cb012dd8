"""Chart structure: swings, levels, breakouts and what they form, on confirmation bars only (domain §4.2)."""
