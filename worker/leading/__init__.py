"""One leader and its standbys: a group on a state topic of one partition, whose owner fences, restores and writes."""
