"""A day's rows put in order in bounded memory: shared out by ranges of keys on a disk, then sorted range by range."""
