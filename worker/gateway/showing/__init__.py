"""What answers say of records: rows, bars, explanations, positions, counts."""
