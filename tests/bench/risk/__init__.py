"""The portfolio's risk against libraries that are not ours, its replays, and what it costs (`make risk`)."""
