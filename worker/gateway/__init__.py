"""REST, live stream and pages over the topics of a fleet; no group, no database."""
