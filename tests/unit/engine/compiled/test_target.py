"""Kernels are compiled for the first fixed target that the machine can run, or for the one that is named."""

from __future__ import annotations

import os
import subprocess
import sys

import llvmlite.binding
import pytest

from worker.engine.compiled.cache import TARGET, platform_name
from worker.engine.compiled.target import FIXED, VARIABLE, choose, fixed
from worker.errors import ConfigError, Exit

X86 = FIXED["x86_64"]
V3, V2 = X86


def machine(*lacks: str) -> dict[str, bool]:
    """The features of a machine with all that x86-64-v3 needs but some."""
    return {name: name not in lacks for name in V3.needs}


@pytest.mark.parametrize(
    ("wanted", "lacks", "name"),
    [
        ("", (), "x86-64-v3"),
        ("", ("avx2",), "x86-64-v2"),
        ("x86-64-v2", (), "x86-64-v2"),
        ("x86-64-v3", (), "x86-64-v3"),
    ],
)
def test_the_fastest_that_fits_or_the_one_that_is_named(wanted: str, lacks: tuple[str, ...], name: str) -> None:
    assert choose(wanted, X86, machine(*lacks)).name == name


def test_a_machine_that_no_target_fits_is_its_own() -> None:
    for targets, has in ((X86, machine("sse3")), ((), machine())):
        found = choose("", targets, has)
        assert found.name == f"native-{llvmlite.binding.get_host_cpu_name()}" == choose("native", X86, has).name
        assert ("-sse3" in found.features) is not has["sse3"]


@pytest.mark.parametrize(
    ("wanted", "why"), [("x86-64-v3", "this machine's CPU can't run it"), ("pentium", "there is no such target here")]
)
def test_what_can_not_run_here_is_refused(wanted: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"{VARIABLE}={wanted}: {why}") as caught:
        choose(wanted, X86, machine("bmi2"))
    assert caught.value.fix == "Unset it, or choose one of x86-64-v2, native"


def test_a_command_says_so() -> None:
    given = os.environ | {VARIABLE: "pentium"}
    command = [sys.executable, "-m", "worker", "warmup"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == Exit.CONFIG
    assert f"error: {VARIABLE}=pentium: there is no such target here." in done.stderr
    assert "Traceback" not in done.stderr


def test_this_process_compiles_for_a_target_by_name() -> None:
    assert TARGET.name in {target.name for target in fixed()} or TARGET.name.startswith("native-")
    assert platform_name().endswith(f"-py3.{sys.version_info.minor}-{TARGET.name}")


OWN_FIRST = """
import numba

@numba.njit
def own(x):
    return x + 1

own(1)
from worker.engine.compiled.cache import TARGET
from worker.engine.rounding import significant

print(own(1), significant(1.2345, 3), TARGET.name)
"""


def test_where_numba_has_settled_on_a_cpu_before_kernels_are_kept_for_that_one(tmp_path: object) -> None:
    given = os.environ | {"ALPHAPULSE_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", OWN_FIRST]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["2", "1.23", f"native-{llvmlite.binding.get_host_cpu_name()}"]
