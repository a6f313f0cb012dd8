"""What AlphaPulse expects of every plugin, asked of these two."""

from __future__ import annotations

from alphapulse_example.model import MeanReversion
from alphapulse_example.stage import Pressure

from worker.models.contract import check_model, check_stage


def test_the_model_keeps_the_contract() -> None:
    check_model(MeanReversion())


def test_the_stage_keeps_the_contract() -> None:
    check_stage(Pressure())
