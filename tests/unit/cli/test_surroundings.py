"""What commands say when something outside them fails: no broker (69), a path that cannot be used (73)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import call
from worker.errors import Exit

NOWHERE = {"ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", "ALPHAPULSE_KAFKA__REQUEST_TIMEOUT_MS": "1000"}


@pytest.mark.parametrize(
    "command",
    [
        "control set A --kill",
        "control lift A",
        "control show",
        "control model --configured",
        "control model --none",
        "decisions --no-follow",
        "export out.csv",
        "publish --simulate 1 --bars 3",
        "backtest --topic ticks.raw",
        "state inspect",
        "state offsets",
        "state reset --yes",
        "topics check",
        "topics create",
        "verify",
    ],
)
def test_a_command_without_a_broker_says_so(command: str, tmp_path: Path) -> None:
    called = call(*command.split(), folder=tmp_path, environment=NOWHERE)
    assert (called.code, called.crashed) == (Exit.UNAVAILABLE, False), called.err
    assert called.err.startswith("error: ")
    assert "fix: " in called.err


def test_a_path_that_cannot_be_used_is_no_traceback(tmp_path: Path) -> None:
    called = call("models", "list", "--registry", "9" * 5_000, folder=tmp_path)
    assert (called.code, called.crashed) == (Exit.CANT_CREATE, False)
    assert "can't be used: File name too long" in called.err
    assert len(called.err) < 400
