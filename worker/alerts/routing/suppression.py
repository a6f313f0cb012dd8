"""Why an open alert is not told now: a silence, another alert that speaks for it, or quiet hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas.alert import Alert
from schemas.silence import Silence
from worker.alerts.configuration.routes import Inhibition, Quiet
from worker.alerts.routing.matching import fits, had, silenced_by
from worker.alerts.routing.quiet import hushed


class Suppression:
    """What keeps alerts back at one moment."""

    def __init__(
        self,
        now: int,
        silences: Iterable[Silence],
        quiet: Sequence[Quiet],
        inhibitions: Sequence[Inhibition],
        open_: Iterable[Alert],
    ) -> None:
        """Take what holds at `now`, epoch ms; `open_` are the alerts that fire, acknowledged or not."""
        self._silences = [one for one in silences if one.starts_ms <= now < one.ends_ms]
        self._quiet = quiet
        speakers = list(open_) if inhibitions else []
        self._inhibitions = [(one, [alert for alert in speakers if fits(alert, one.source)]) for one in inhibitions]

    def holds(self, alert: Alert) -> bool:
        """Return whether an alert is kept back."""
        return (
            any(silenced_by(alert, one.matchers) for one in self._silences)
            or hushed(alert, self._quiet)
            or any(
                fits(alert, one.target) and any(_speaks(one, source, alert) for source in sources)
                for one, sources in self._inhibitions
            )
        )


def _speaks(inhibition: Inhibition, source: Alert, target: Alert) -> bool:
    return source.fingerprint != target.fingerprint and all(
        had(source, label) == had(target, label) for label in inhibition.equal
    )
