"""What a reader saw: rows, incomplete rows, rows that could not become records, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from worker.sources.layout import Layout


@dataclass
class ReadReport:
    """Counts and notes of one source, filled while it is read; complete when its iterator is exhausted."""

    rows: int = 0
    incomplete: int = 0  # published with a null, which the worker rejects as missing_field
    forming: int = 0  # held back because they had not closed when they were read
    rejected: Counter[str] = field(default_factory=Counter)  # reason → rows that were not published
    examples: dict[str, str] = field(default_factory=dict)  # reason → the first such row
    unreadable: Counter[str] = field(default_factory=Counter)  # column → cells that are neither numbers nor blank
    unreadable_examples: dict[str, str] = field(default_factory=dict)  # column → the first such cell
    crossed: int = 0  # bars whose high lies below their low
    notes: list[str] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)  # what was decided about each file

    def reject(self, reason: str, example: str) -> None:
        """Count a row that cannot be published."""
        self.rejected[reason] += 1
        self.examples.setdefault(reason, example[:120])

    def note(self, text: str) -> None:
        """Remember something the user should know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def told(self) -> list[str]:
        """Return all notes, with what only the counts of a whole file say."""
        if not self.crossed:
            return self.notes
        rows = "1 row has its" if self.crossed == 1 else f"{self.crossed:,} rows have their"
        swapped = self.crossed > self.rows // 2
        fix = "; if the columns are swapped, give --column high= and --column low=" if swapped else ""
        return [*self.notes, f"{rows} high below the low: the worker rejects them{fix}"]
