"""The engine's output per record: rows, structs, and the bytes of decisions."""
