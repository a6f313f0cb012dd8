"""What is committed beside an input offset: where this group's state of the partition begins and resumes."""

from __future__ import annotations

from typing import NamedTuple

from worker.kafka.protocol.offsets import NO_EPOCH, Position


class Checkpoint(NamedTuple):
    """The text of a committed offset. It is part of the commit itself, so it can't disagree with the offset."""

    origin: int  # first input offset that the group has processed
    replay_from: int  # no symbol's unsaved change lies before it
    saved: int  # symbols with a snapshot: fewer in the state topic mean that some were lost
    partitions: int  # of the input topic
    journal: int = 0  # entries of the journal: fewer in the state topic mean that some were lost
    journal_from: int = 0  # first input offset that the journal serves: older entries may have been removed
    state_end: int = 0  # offset behind the last record of the state partition that the state needs
    input_id: int = 0  # of the input topic: one that was made anew has another; 0 = not known
    state_id: int = 0  # of the state topic
    resume: int = 0  # next input offset in the newest resume record of the state partition
    offset: int = 0  # that it is committed with: beside another one the text was copied by hand; 0 = not known
    output_id: int = 0  # of the topic of decisions
    rejected_id: int = 0  # of the topic of rejections
    control_id: int = 0  # of the topic of limits
    term: int = 0  # of the owner that commits: the offset of its barrier in the state partition; 0 = not known

    @property
    def text(self) -> str:
        """As it is committed."""
        return " ".join(f"{name}={value}" for name, value in self._asdict().items())


def parse(text: str) -> Checkpoint | None:
    """The checkpoint in a committed text; None when it holds none, as after an offset was set by hand."""
    pairs = dict(part.partition("=")[::2] for part in text.split())
    try:
        return Checkpoint(**{name: int(pairs[name]) for name in Checkpoint._fields if name in pairs})
    except (TypeError, ValueError):
        return None


class Committed(NamedTuple):
    """The group's next input offset, and the checkpoint committed with it, if one was."""

    offset: int
    checkpoint: Checkpoint | None
    epoch: int = NO_EPOCH  # of the leader that wrote the last record before the offset

    @property
    def by_hand(self) -> bool:
        """Whether no worker has committed it: those commit a checkpoint, too."""
        return self.checkpoint is None


class Opened(NamedTuple):
    """What is certain about a partition when it is taken over."""

    committed: Position | None  # by the group; None where it has committed nothing
    barrier: int  # offset in the state partition of the record that was written before the above was read


def committed(position: Position | None) -> Committed | None:
    """What a group has committed; None where that is nothing."""
    if position is None:
        return None
    checkpoint = parse(position.text)
    if checkpoint and checkpoint.offset not in (0, position.offset):
        checkpoint = None
    return Committed(position.offset, checkpoint, position.epoch)
