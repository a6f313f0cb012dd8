"""The model card: what a model is, what it was made from, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

from worker.models.description.manifest import Manifest
from worker.training.evaluate import Evaluation
from worker.training.metrics import Quality
from worker.training.plan import Plan
from worker.training.samples import SCALED, Samples

CARD = "MODEL_CARD.md"
NOTABLE = 0.01  # share of the base rate's log-loss

TEXT = """\
# {plan.name} {plan.version}

Kind: {kind}. Output: probability that the close {plan.horizon} bars ahead is higher, given that it moves by more than
{plan.cost:.2%} (fees and slippage of entry and exit). Moves within that band were not learned from.

Made from: {source}. {count:,} labelled bars, {share:.1%} of them rises.
Inputs: {inputs} features of set {manifest.feature_set_version}{scale}, named in `manifest.json`.
sha256 of `model.onnx`: `{manifest.sha256}`.

## Out of sample

Walk-forward over {plan.folds} folds, each tested after learning from all before it; samples whose label reaches into
the test block are purged, with an embargo of {embargo:g} h. Seed {plan.seed}. `base rate` always says the share of
rises seen so far. Less is better everywhere.

| | predictions | Brier | log-loss | ECE |
|---|---|---|---|---|
{rows}

{worth}
"""


def model_card(plan: Plan, manifest: Manifest, samples: Samples, judged: Sequence[Evaluation], chosen: str) -> str:
    """Write the card as Markdown."""
    return TEXT.format(
        plan=plan,
        manifest=manifest,
        kind=chosen,
        source=plan.created_from or "unnamed data",
        count=len(samples),
        share=samples.up.mean(),
        inputs=len(plan.features),
        scale="" if SCALED.intersection(plan.features) else ", all free of price scale",
        embargo=plan.embargo_ms / 3_600_000,
        rows="\n".join(line for each in judged for line in _rows(each)),
        worth=worth(next(each for each in judged if each.kind == chosen)),
    )


def worth(best: Evaluation) -> str:
    """Say what the figures mean, for a reader in a hurry."""
    if best.skill <= 0.0:
        lost = f"Out of sample its log-loss is {-best.skill:.2%} above that of the base rate."
        return f"{lost} It is worth nothing: on unseen data the base rate does as well or better. Do not trade on it."
    saved = f"Out of sample it saves {best.skill:.2%} of the base rate's log-loss."
    if best.skill < NOTABLE:
        return f"{saved} Chance can give as much. Do not trade on it."
    return f"{saved} Changes of regime, and having chosen this model among others, are not in that figure."


def _rows(each: Evaluation) -> list[str]:
    rows = [_row(f"{each.kind}: base rate", each.tested, each.base), _row(each.kind, each.tested, each.raw)]
    if each.calibrated is not None and each.calibrated_base is not None:
        rows.append(_row(f"{each.kind}: base rate, without the first fold", None, each.calibrated_base))
        rows.append(_row(f"{each.kind}, calibrated on the folds before", None, each.calibrated))
    return rows


def _row(name: str, count: int | None, found: Quality) -> str:
    counted = "" if count is None else f"{count:,}"
    return f"| {name} | {counted} | {found.brier:.4f} | {found.log_loss:.4f} | {found.ece:.4f} |"
