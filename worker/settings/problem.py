"""A problem of one setting: one sentence, its source, and the setting that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from worker.settings.known import every_path
from worker.settings.names import ANY, MAPPINGS, PARAMETERS, SettingPath, close, dotted, nearest, variable
from worker.settings.origin import Origin
from worker.settings.tree import Entry
from worker.settings.variables import NAMES

LISTED = "`alphapulse config` lists all settings"


class Problem(NamedTuple):
    """A sentence without a full stop, and the remedy."""

    message: str
    fix: str


def unknown(path: SettingPath, origin: Origin, parameters: Iterable[str] = ()) -> Problem:
    """Report a name that no setting has; `parameters` are those of the configured strategy."""
    if near := _variable_near(path, origin):
        return Problem(f"unknown setting {dotted(path)}, from {origin.phrase}", f"Did you mean {near}? {LISTED}")
    meant = nearest(path, [*((*PARAMETERS, name) for name in parameters), *every_path()])
    hint = f"Did you mean {origin.spelt(meant)}? " if meant else "Correct or remove it; "
    return Problem(f"unknown setting {dotted(path)}, from {origin.phrase}", hint + LISTED)


def _variable_near(path: SettingPath, origin: Origin) -> str | None:
    if origin.kind != "environment" or len(path) > 1:
        return None
    near = get_close_matches(variable(path), NAMES, 1, 0.85)
    return near[0] if near else None


def refused(entry: Entry, reasons: Sequence[str], deeper: Sequence[object] = ()) -> Problem:
    """Report an invalid value; a secret is never repeated."""
    reason = "; or ".join(dict.fromkeys(reasons))
    if entry.origin.kind == "secret" and str(entry.value) in reason:
        reason = "the value has the wrong type"
    where = dotted((*entry.path, *deeper))
    return Problem(f"{where} is invalid: {reason}, from {entry.origin.phrase}", f"Correct the value; {LISTED}")


def no_parameter(entry: Entry, reason: str, parameters: Iterable[str]) -> Problem:
    """Report a name that no parameter of the strategy has."""
    near = close(entry.path[-1], parameters)
    hint = f"Did you mean {near}? " if near else "Correct or remove it; "
    message = f"{dotted(entry.path)} is invalid: {reason}, from {entry.origin.phrase}"
    return Problem(message, f"{hint}`alphapulse strategy show` lists them")


def no_table(path: SettingPath, origin: Origin) -> Problem:
    """Report a single value where a table is required."""
    key = ("<key>",) if path in MAPPINGS else ()
    inside = next((one for one in every_path() if _begins(one, (*path, *key)) and len(one) > len(path)), ())
    example = origin.spelt((*path, *key, *inside[len(path) + len(key) :]))
    json = "" if origin.kind in ("file", "plan") else ", or give a JSON object"
    return Problem(
        f"{dotted(path)} is a table, not a single value, from {origin.phrase}",
        f"Set its members, for example {example}{json}",
    )


def _begins(one: SettingPath, path: SettingPath) -> bool:
    return all(ours in (ANY, theirs) for ours, theirs in zip(one, path, strict=False))
