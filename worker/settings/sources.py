"""Readers of the sources of settings: command line, environment, `.env`, mounted secrets and the TOML file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_settings import TomlConfigSettingsSource

from worker.settings.known import LISTS, SCALARS
from worker.settings.model import Settings
from worker.settings.names import PREFIX, SettingPath, path_of, printable
from worker.settings.origin import Origin
from worker.settings.problem import Problem, no_table
from worker.settings.tree import Tree
from worker.settings.variables import FOR_COMPOSE, NAMES, is_no_setting

DOTENV = ".env"
SECRETS = "ALPHAPULSE_SECRETS_DIR"
CONFIG = "ALPHAPULSE_CONFIG"
_TABLES = frozenset({path[0] for path in SCALARS} | {"engine"})


def read_all(overrides: Mapping[str, Any]) -> tuple[Tree, list[Problem]]:
    """Return all values, and what could not be read; `overrides` are the command line's values, nested by section."""
    tree, problems = Tree(), list[Problem]()
    _read_file(tree, problems)
    _read_secrets(tree, problems)
    _read_dotenv(tree, problems)
    for name, text in os.environ.items():
        if name.upper().startswith(PREFIX) and not is_no_setting(name.upper()):
            _put_text(tree, problems, name[len(PREFIX) :], text, Origin("environment", printable(name)))
    for section, values in overrides.items():
        tree.put((section,), values, Origin("command line"))
    return tree, problems


def config_file() -> Path:
    """Return the TOML file: `ALPHAPULSE_CONFIG`, else `alphapulse.toml` in the working directory."""
    return Path(os.environ.get(CONFIG) or "alphapulse.toml").expanduser()


def _put_text(tree: Tree, problems: list[Problem], name: str, text: str, origin: Origin) -> None:
    path = path_of(name)
    try:
        value = _value(path, text)
    except (ValueError, RecursionError) as error:
        # The rest of these messages repeats the value, which may be a secret.
        place = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "too large"
        problems.append(Problem(f"{origin.phrase} is not valid JSON: {place}", "Correct the value"))
        return
    if len(path) == 1 and path[0] in _TABLES and not isinstance(value, Mapping):
        problems.append(no_table(path, origin))
        return
    tree.put(path, value, origin)


def _value(path: SettingPath, text: str) -> Any:
    """Return the value of a text: itself for a single value, JSON for a table or a list, or names between commas."""
    if path in LISTS and text.lstrip()[:1] != "[":
        return [part.strip() for part in text.split(",") if part.strip()]
    if path in SCALARS - LISTS:
        return text
    if text == "null":
        return None
    return json.loads(text) if text.lstrip()[:1] in ("{", "[", '"') else text


def _read_dotenv(tree: Tree, problems: list[Problem]) -> None:
    """Read `.env`; names without our prefix belong to other programs."""
    from dotenv import dotenv_values

    if not Path(DOTENV).is_file():  # a virtual environment may also have this name
        return
    try:
        found = dotenv_values(DOTENV, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(_unreadable(DOTENV, error))
        return
    for name, text in found.items():
        if not name.upper().startswith(PREFIX) or name.upper() in FOR_COMPOSE:
            continue
        origin = Origin(".env", printable(name))
        if name.upper() in NAMES:
            problems.append(Problem(f"{name} has no effect in the file {DOTENV}", f"Export it: export {name}=..."))
        elif text is None:
            problems.append(Problem(f"{origin.phrase} has no value", f"Write {name}=... there, or remove it"))
        else:
            _put_text(tree, problems, name[len(PREFIX) :], text, origin)


def _read_secrets(tree: Tree, problems: list[Problem]) -> None:
    """Read one file per setting, named like its variable; a final line break is not part of the value.

    Kubernetes mounts the files as links through a folder `..data`; that and names without our prefix are ignored.
    """
    given = os.environ.get(SECRETS)
    if not given:
        return
    folder = Path(given).expanduser()
    try:
        files = sorted(file for file in folder.iterdir() if file.name.upper().startswith(PREFIX))
    except OSError as error:
        message = f"the folder of secrets {folder} can't be read: {error.strerror}"
        problems.append(Problem(message, f"Correct or unset {SECRETS}"))
        return
    for file in files:
        try:
            text = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(_unreadable(str(file), error))
            continue
        _put_text(tree, problems, file.name[len(PREFIX) :], text, Origin("secret", printable(str(file))))


def _read_file(tree: Tree, problems: list[Problem]) -> None:
    file = config_file()
    if not os.environ.get(CONFIG) and not file.exists():
        return
    if not file.exists():
        problems.append(Problem(f"the settings file {file} does not exist", f"Correct or unset {CONFIG}"))
        return
    try:
        file.open("rb").close()  # the library treats a folder like a missing file
        values = TomlConfigSettingsSource(Settings, file).toml_data
    except (OSError, UnicodeDecodeError) as error:
        problems.append(_unreadable(str(file), error))
        return
    except (ValueError, RecursionError) as error:
        problems.append(Problem(f"the file {file} is not valid TOML: {error}", "Correct the file"))
        return
    for name, value in values.items():
        tree.put((name,), value, Origin("file", str(file)))


def _unreadable(name: str, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
    return Problem(f"the file {printable(name)} can't be read: {reason}", "Make it readable, or remove it")
