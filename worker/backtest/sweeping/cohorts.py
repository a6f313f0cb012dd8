"""Sets of parameters that can play side by side: one strategy, one engine, indicators of the same names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from worker.engine.settings import EngineSettings
from worker.strategy import loading
from worker.strategy.describing.definition import Definition
from worker.strategy.running.compiled import alike

SETTING = ("strategy", "parameters")
FEWEST = 2  # sets that share


class Cohort(NamedTuple):
    """Tries that share; the settings are alike but for the strategy's parameters."""

    numbers: list[int]  # of the tries
    settings: EngineSettings  # of the first
    definitions: list[Definition]

    def part(self, first: int, size: int) -> Cohort:
        """Return `size` of the tries from number `first` on."""
        return Cohort(self.numbers[first : first + size], self.settings, self.definitions[first : first + size])


def cohorts(settings: Sequence[EngineSettings]) -> list[Cohort]:
    """Return the tries that can share, in groups; a try that is alone in its group is left out."""
    sources = loading.Sources()
    groups: dict[str, list[Cohort]] = {}  # by a text that equal ones have in common
    for number, (one, found) in enumerate(_strategies(settings, sources)):
        if found is None:
            continue
        among = groups.setdefault(one.model_dump_json(), [])
        cohort = next((each for each in among if _fits(each, one, found)), None)
        if cohort is None:
            among.append(Cohort([number], one, [found]))
        else:
            cohort.numbers.append(number)
            cohort.definitions.append(found)
    return [each for group in groups.values() for each in group if len(each.numbers) >= FEWEST]


def _strategies(
    settings: Sequence[EngineSettings], sources: loading.Sources
) -> Iterator[tuple[EngineSettings, Definition | None]]:
    """Yield each with its strategy, the settings without the parameters."""
    for one in settings:
        bare = one.strategy.model_copy(update={"parameters": {}})
        found = loading.defined(one, look=sources.find)
        yield one.model_copy(update={"strategy": bare}), found


def _fits(cohort: Cohort, settings: EngineSettings, found: Definition) -> bool:
    return cohort.settings == settings and alike(cohort.definitions[0], found)
