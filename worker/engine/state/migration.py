"""Migration of a stored `carry` part to this release's layout: one function per version; it is never derived again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from worker.engine.scoring.model import CIRCUIT
from worker.engine.stages.validation import DECIDED
from worker.engine.state.layout import CARRY, CARRY_VERSION
from worker.errors import DataError

Migration = Callable[[bytes], bytes]

# Version → the function from its bytes to those of the next version.
MIGRATIONS: dict[int, Migration] = {
    1: lambda carry: carry + bytes(CIRCUIT.itemsize),  # a closed circuit
    2: lambda carry: carry + bytes(DECIDED.itemsize),  # nothing decided: validation begins with the reference's time
}


def migrate(
    carry: bytes,
    version: int,
    steps: Mapping[int, Migration] = MIGRATIONS,
    target: int = CARRY_VERSION,
    size: int = CARRY.itemsize,
) -> bytes:
    """Convert `carry` bytes of `version` to those of `target`.

    Raises:
        DataError: a newer release wrote them, or the version is unknown.
    """
    if version > target:
        raise DataError(
            f"a newer release wrote the state (carry version {version}, this one knows {target})",
            "Run that release or a later one",
        )
    for step in range(version, target):
        if step not in steps:
            raise DataError(f"no migration from carry version {step}", "Upgrade through the releases between")
        carry = steps[step](carry)
    if len(carry) != size:
        raise DataError(f"the state's carry part has {len(carry)} bytes, not {size}", "Run the release that wrote it")
    return carry
