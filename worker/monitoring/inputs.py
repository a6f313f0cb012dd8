"""The places in the inputs beside decisions up to which the monitor has entered records: part of its state."""

from __future__ import annotations

import msgspec

from worker.errors import DataError

KEY = "inputs"  # beside the keys of `worker.risk.records.state`
FORMAT = 1
_encode = msgspec.msgpack.Encoder().encode


class Inputs(msgspec.Struct, array_like=True):
    """The topics' ids, and the first offset of each partition that did not enter; cuts of decisions lie in the head."""

    format: int
    decisions: str  # topic id, empty where the cluster has none
    control: str
    audit: str
    control_cut: list[int]
    audit_cut: list[int]

    def encoded(self) -> bytes:
        """Return the value of the state record."""
        return _encode(self)


_decode = msgspec.msgpack.Decoder(Inputs).decode


def decode(value: bytes) -> Inputs:
    """Decode the state record.

    Raises:
        DataError: it is damaged.
    """
    try:
        found = _decode(value)
    except msgspec.MsgspecError as error:
        raise DataError(f"the state of the portfolio's risk is damaged: {KEY}: {error}") from None
    if found.format != FORMAT:
        raise DataError(f"the state of the portfolio's risk has the format {found.format}, not {FORMAT}, of {KEY!r}")
    return found
