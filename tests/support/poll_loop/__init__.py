"""What the poll loop deals with, in memory: consumer, sink, recovery and job, and the group that they belong to."""
