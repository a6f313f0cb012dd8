"""The read model: what the topics hold, the newest part of it in memory."""
