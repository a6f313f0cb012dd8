"""Failures that a user can act on: one sentence, one fix, one exit code (sysexits, docs/reference)."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every `alphapulse` command."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    DATA = 65  # bad data or schema; `verify` found a loss or a repeat
    UNAVAILABLE = 69  # no broker can be reached
    CANT_CREATE = 73  # a topic or file can't be created
    TEMPORARY = 75  # fenced, or outcome unknown: restart
    NO_PERMISSION = 77  # authentication or authorisation refused
    CONFIG = 78  # invalid settings or topics
    INTERRUPTED = 130  # SIGINT; for a worker the second one
    PIPE = 141  # the reader of standard output has gone: 128 + SIGPIPE, as in other programs


class AlphapulseError(Exception):
    """A failure with a known cause: `message` is one sentence without a full stop, `fix` the remedy."""

    exit_code = Exit.UNEXPECTED

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}. {self.fix}" if self.fix else self.message


class DataError(AlphapulseError):
    exit_code = Exit.DATA


class BrokerUnavailable(AlphapulseError):
    exit_code = Exit.UNAVAILABLE


class CannotCreate(AlphapulseError):
    exit_code = Exit.CANT_CREATE


class TryAgain(AlphapulseError):
    exit_code = Exit.TEMPORARY


class NotPermitted(AlphapulseError):
    exit_code = Exit.NO_PERMISSION


class ConfigError(AlphapulseError):
    exit_code = Exit.CONFIG


class SettingRefused(ConfigError):
    """An unknown or invalid setting: `path` leads to it; `reason` and `kind` are the validator's."""

    def __init__(self, path: tuple[str, ...], reason: str, kind: str = "", fix: str = "") -> None:
        super().__init__(f"invalid setting: {'.'.join(path)}: {reason}", fix or "`alphapulse config` lists all")
        self.path, self.reason, self.kind = path, reason, kind
