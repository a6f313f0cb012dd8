"""What the engine gives for each record: rows, structs, and the bytes of decisions."""
