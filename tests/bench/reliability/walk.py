"""Out-of-sample answers of ONNX models: trained on the past of all series of a group, asked about what comes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.bench.reliability.said import RULES, SYMBOL, Said, series_of
from worker.engine.scoring.labels import HORIZON
from worker.models.description.calibration import Calibration
from worker.models.scores import Column
from worker.models.session.session import OnnxSession
from worker.training.calibrate import calibrate
from worker.training.estimators import fit
from worker.training.graph import INPUT, OUTPUT, to_graph
from worker.training.samples import FEATURES, Samples, labelled, round_trip_cost
from worker.training.splits import walk_forward

FOLDS, SEED, KIND = 5, 1, "gbdt"


def answers(group: Mapping[str, Said]) -> dict[str, Column]:
    """Calibrated probability of a rise for each accepted bar of each series; NaN where no model may be judged.

    Fold k is asked of the model that learned from the blocks before it, purged; its calibration table is fitted to the
    answers in the folds before. So the first two blocks of time give no answer.
    """
    parts = {
        name: labelled([series_of(name, said)], FEATURES, HORIZON, round_trip_cost(RULES, [SYMBOL]))
        for name, said in group.items()
    }
    names, samples = list(parts), _together(list(parts.values()))
    owner = np.concatenate([np.full(len(part), i) for i, part in enumerate(parts.values())])
    order = np.argsort(samples.start, kind="stable")
    samples, owner = samples.at(order), owner[order]
    found = np.full(len(samples), np.nan)
    raw = np.full(len(samples), np.nan)
    for train, test in walk_forward(samples.start, samples.end, FOLDS, 0):
        past, asked = samples.at(train), samples.at(test)
        graph = to_graph(fit(KIND, past, SEED), len(FEATURES))
        before = np.isfinite(raw)
        raw[test] = OnnxSession(graph, INPUT, OUTPUT).run(asked.features)[:, 0]
        if before.any():
            found[test] = Calibration(calibrate(raw[before], samples.up[before]))(np.clip(raw[test], 0.0, 1.0))
    return {name: _at(group[name], samples.start[owner == i], found[owner == i]) for i, name in enumerate(names)}


def _together(parts: list[Samples]) -> Samples:
    return Samples(*map(np.concatenate, zip(*parts, strict=True)))


def _at(said: Said, start: np.ndarray[tuple[int], np.dtype[np.int64]], values: Column) -> Column:
    column = np.full(len(said.close), np.nan)
    column[np.searchsorted(said.close_ts, start)] = values
    return column
