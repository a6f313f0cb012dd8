"""Every code says in one sentence what it means."""

from __future__ import annotations

import re
from typing import Any

import pytest

from worker.engine.reasons import Code, Reason, Reject
from worker.engine.settings import EngineSettings
from worker.reference import decision_reasons, reject_codes
from worker.settings import Settings


@pytest.mark.parametrize("code", [*Reject, *Reason], ids=repr)
def test_a_code_has_a_sentence(code: Code) -> None:
    assert re.fullmatch(r"[A-Z][^.!?\n]*(\.\w[^.!?\n]*)*\.", code.meaning), code.meaning
    assert len(code.meaning) <= 110
    page = reject_codes() if isinstance(code, Reject) else decision_reasons()
    assert page.count(f"| `{code.name}` |") == 1
    assert code.meaning in page


def test_no_two_codes_say_the_same() -> None:
    for codes in (Reject, Reason):
        assert len({code.meaning for code in codes}) == len(codes)


def test_settings_that_a_sentence_names_exist() -> None:
    for code in (*Reject, *Reason):
        for name in re.findall(r"`([a-z_.]+)`", code.meaning):
            section, _, setting = name.rpartition(".")
            fields = Settings.model_fields if section in Settings.model_fields else EngineSettings.model_fields
            holder: Any = fields[section].annotation
            assert setting in holder.model_fields, name


def test_a_code_cannot_be_made_without_a_sentence() -> None:
    with pytest.raises(TypeError):
        Code("Other", {"one": 1})  # type: ignore[arg-type]
