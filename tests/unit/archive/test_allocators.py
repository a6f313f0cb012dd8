"""The allocators of a member give back what a commit took."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from worker.archive.allocators import VARIABLES

# In a process of its own: the libraries read these variables once.
PROGRAM = """
import os, sys
from worker.archive.allocators import give_back
assert "pyarrow" not in sys.modules
give_back()
import pyarrow
print(pyarrow.default_memory_pool().backend_name, os.environ["_RJEM_MALLOC_CONF"])
"""


@pytest.mark.parametrize(("own", "wanted"), [({}, "system"), ({"ARROW_DEFAULT_MEMORY_POOL": "jemalloc"}, "jemalloc")])
def test_rows_lie_in_the_pool_that_is_set_unless_an_operator_has_chosen(own: dict[str, str], wanted: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in VARIABLES} | own
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [wanted, VARIABLES["_RJEM_MALLOC_CONF"]]
