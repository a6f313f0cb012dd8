"""Input that breaks consumers, each entry with the outcome it must have (faults F11 to F13)."""

from tests.corpus import json_text, keys, messagepack, numbers, times
from tests.corpus.case import KEY, SYMBOL, Case, history

CASES: list[Case] = [*keys.CASES, *json_text.CASES, *numbers.CASES, *times.CASES, *messagepack.CASES]

__all__ = ["CASES", "KEY", "SYMBOL", "Case", "history"]
