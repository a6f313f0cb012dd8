"""The engine's input records: objects, or columns of raw bytes, and the table of their keys."""
