"""Requests to brokers, repeated until an answer is complete.

No incomplete answer counts as "nothing": after an error code at any level, a null array, a missing entry or one that
was not requested, the request is sent again.
"""

from worker.kafka.asking.groups import Group, Member, describe, members, refuse_new_protocol
from worker.kafka.asking.offsets import committed_positions, set_positions
from worker.kafka.asking.topics import Described, find_topics, topic_settings
from worker.kafka.asking.versions import refuse_old_brokers

__all__ = [
    "Described",
    "Group",
    "Member",
    "committed_positions",
    "describe",
    "find_topics",
    "members",
    "refuse_new_protocol",
    "refuse_old_brokers",
    "set_positions",
    "topic_settings",
]
