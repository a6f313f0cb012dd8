"""The metadata of a committed input offset: where the state of the partition begins and resumes."""

from __future__ import annotations

from typing import NamedTuple

from worker.kafka.protocol.offsets import NO_EPOCH, Position


class Checkpoint(NamedTuple):
    """The metadata text of a committed offset: part of the commit, so it can't disagree with the offset."""

    origin: int  # first input offset that the group has processed
    replay_from: int  # no symbol's unsaved change lies before it
    saved: int  # symbols with a snapshot: fewer in the state topic mean that some were lost
    partitions: int  # of the input topic
    journal: int = 0  # entries of the journal: fewer in the state topic mean that some were lost
    journal_from: int = 0  # first input offset that the journal serves: older entries may have been removed
    state_end: int = 0  # offset after the last record of the state partition that the state needs
    input_id: int = 0  # of the input topic: a recreated topic has another; 0 = unknown
    state_id: int = 0  # of the state topic
    resume: int = 0  # next input offset in the newest resume record of the state partition
    offset: int = 0  # that it is committed with: if they differ, the text was copied by hand; 0 = unknown
    output_id: int = 0  # of the topic of decisions
    rejected_id: int = 0  # of the topic of rejections
    control_id: int = 0  # of the topic of limits
    term: int = 0  # of the committing owner: the offset of its barrier in the state partition; 0 = unknown

    @property
    def text(self) -> str:
        """The metadata text to commit."""
        return " ".join(f"{name}={value}" for name, value in self._asdict().items())


def parse(text: str) -> Checkpoint | None:
    """Parse a committed metadata text; return None if it has no checkpoint, as for an offset set by hand."""
    pairs = dict(part.partition("=")[::2] for part in text.split())
    try:
        return Checkpoint(**{name: int(pairs[name]) for name in Checkpoint._fields if name in pairs})
    except (TypeError, ValueError):
        return None


class Committed(NamedTuple):
    """The group's next input offset, and the checkpoint committed with it, if any."""

    offset: int
    checkpoint: Checkpoint | None
    epoch: int = NO_EPOCH  # of the leader that wrote the last record before the offset

    @property
    def by_hand(self) -> bool:
        """Whether the offset was set by hand: workers always commit a checkpoint."""
        return self.checkpoint is None


class Opened(NamedTuple):
    """The certain facts about a partition at its takeover."""

    committed: Position | None  # by the group; None without a commit
    barrier: int  # offset in the state partition of the record written before `committed` was read


def committed(position: Position | None) -> Committed | None:
    """Return what a group has committed; None if nothing."""
    if position is None:
        return None
    checkpoint = parse(position.text)
    if checkpoint and checkpoint.offset not in (0, position.offset):
        checkpoint = None
    return Committed(position.offset, checkpoint, position.epoch)
