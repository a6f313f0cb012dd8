"""Collects how far values are from the independent implementations that they are tested against."""

from __future__ import annotations

import json
import os

VARIABLE = "ALPHAPULSE_ORACLE_REPORT"  # names a file; each record becomes a line of it


def record(name: str, worst_relative_error: float, bound: float) -> None:
    """Assert that the worst error of `name` against its oracle is within `bound`, and report it.

    One write in append mode a line, so that parallel test processes may share the file.
    """
    if path := os.environ.get(VARIABLE):
        line = {"name": name, "worst_relative_error": worst_relative_error, "bound": bound}
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, (json.dumps(line) + "\n").encode())
        finally:
            os.close(descriptor)
    assert worst_relative_error <= bound, f"{name}: error {worst_relative_error:.1e} exceeds {bound:.0e}"
