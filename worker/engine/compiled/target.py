"""The CPU that kernels are compiled for: one of a few, so that what one machine compiles runs on others."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any, NamedTuple

import llvmlite.binding
import numba
from numba.core.registry import cpu_target

from worker.errors import ConfigError

VARIABLE = "ALPHAPULSE_KERNEL_TARGET"
NATIVE = "native"
_CONFIG: Any = numba.config  # its settings are declared at run time


class Target(NamedTuple):
    """A CPU as LLVM calls it."""

    name: str  # part of the names of files
    cpu: str
    features: str  # added to the CPU's, or taken away
    needs: frozenset[str] = frozenset()  # what a machine must have to run its code


_V2 = frozenset({"cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"})
_V3 = _V2 | {"avx", "avx2", "bmi", "bmi2", "f16c", "lzcnt", "movbe"}
# Without the instructions that multiply and add with one rounding: then no compiler can make one of two operations.
FIXED: Mapping[str, tuple[Target, ...]] = {
    "x86_64": (Target("x86-64-v3", "x86-64-v3", "-fma", _V3), Target("x86-64-v2", "x86-64-v2", "", _V2)),
    "aarch64": (Target("aarch64", "generic", ""),),
}


def fixed() -> tuple[Target, ...]:
    """Return the targets of this machine's architecture, the fastest first; none for a rare one."""
    return FIXED.get(platform.machine().replace("arm64", "aarch64"), ())


def choose(wanted: str, targets: tuple[Target, ...], has: Mapping[str, bool]) -> Target:
    """Return the wanted target, or without a wish the first whose needs a machine `has`; else the machine itself.

    Raises:
        ConfigError: there is no such target, or this machine can't run it.
    """
    fitting = [target for target in targets if all(has.get(need) for need in target.needs)]
    own = Target(f"{NATIVE}-{llvmlite.binding.get_host_cpu_name()}", llvmlite.binding.get_host_cpu_name(), _flat(has))
    found = {target.name: target for target in fitting} | {NATIVE: own}
    if not wanted:
        return fitting[0] if fitting else own
    if wanted in found:
        return found[wanted]
    known = wanted in {target.name for target in targets}
    why = "this machine's CPU can't run it" if known else "there is no such target here"
    raise ConfigError(f"{VARIABLE}={wanted}: {why}", f"Unset it, or choose one of {', '.join(found)}")


def take() -> Target:
    """Let numba compile for the chosen target from here on, in the whole process, and return it.

    Where something of numba's was declared before, numba has settled on a CPU: that one is returned.

    Raises:
        ConfigError: as `choose`.
    """
    target = choose(os.environ.get(VARIABLE, ""), fixed(), llvmlite.binding.get_host_cpu_features())
    if "_toplevel_target_context" not in vars(cpu_target):
        _CONFIG.CPU_NAME, _CONFIG.CPU_FEATURES = target.cpu, target.features
    _, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    return target if (cpu, features) == target[1:3] else Target(f"{NATIVE}-{cpu}", cpu, features)


def _flat(has: Mapping[str, bool]) -> str:
    return ",".join(("+" if on else "-") + name for name, on in sorted(has.items()))
