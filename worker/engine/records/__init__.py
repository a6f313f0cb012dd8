"""Records as the engine takes them: objects, or columns of raw bytes, and the table of their keys."""
