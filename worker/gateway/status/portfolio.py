"""The newest figures of the portfolio, as far as they can be read."""

from __future__ import annotations

import msgspec

from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog


class _Equity(msgspec.Struct):
    equity: float | None = None
    day_return: float | None = None


class _Exposure(msgspec.Struct):
    gross: float | None = None
    net: float | None = None


class _Loss(msgspec.Struct):
    parametric: float | None = None
    historical: float | None = None


class Figures(msgspec.Struct):
    """Part of `schemas.portfolio.Portfolio`; what a later version leaves out is null."""

    equity: _Equity = msgspec.field(default_factory=_Equity)
    ordered: _Exposure = msgspec.field(default_factory=_Exposure)
    var99: _Loss = msgspec.field(default_factory=_Loss)
    blocking: list[str] = []

    @property
    def loss(self) -> float | None:
        """The larger value at risk."""
        return max((one for one in (self.var99.parametric, self.var99.historical) if one is not None), default=None)


_decode = msgspec.json.Decoder(Figures).decode


class Newest:
    """Decodes a record once."""

    def __init__(self) -> None:
        self._entry: Entry | None = None
        self._figures: Figures | None = None

    def of(self, log: TopicLog | None) -> Figures | None:
        """Return the figures of the newest step in memory; None without one that can be read."""
        found = log.before(0, log.ends[0], 1) if log is not None and log.partitions else []
        entry = found[0] if found else None
        if entry != self._entry:
            self._entry = entry
            try:
                self._figures = _decode(entry.value or b"") if entry else None
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                self._figures = None
        return self._figures
