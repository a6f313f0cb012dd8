"""No compiler makes one operation of a product and a sum: their results are rounded twice, on every target.

The kernel below and one of the engine's are lowered to assembly from the same intermediate code for CPUs that have such
instructions, x86-64-v3 with them and aarch64. That they could be found is shown by code which allows the contraction.
"""

from __future__ import annotations

import re
from typing import Any

import llvmlite.binding
import numba
import pytest

from worker.engine.compiled.cache import TARGET
from worker.engine.compiled.target import FIXED
from worker.engine.kernel import OPTIONS
from worker.engine.stages.features import arithmetic

FUSED = re.compile(r"\b(?:vfn?m(?:add|sub)\w*|fn?m(?:add|sub)|fml[as])\b")
PRODUCT = re.compile(r"\b(?:v?mul[sp]d|fmul)\b")
ARRAYS = (numba.types.Array(numba.float64, 1, "C"),) * 3
CPUS = {"x86-64-v3": "x86_64-unknown-linux-gnu", "generic": "aarch64-unknown-linux-gnu"}


def _sum_of_products(a: Any, b: Any, c: Any) -> None:
    for i in range(a.size):
        c[i] = a[i] * b[i] + c[i]


def _assembly(compiled: Any, types: tuple[Any, ...], cpu: str) -> str:
    """The assembly of a function compiled for these types, with its callees, for a CPU."""
    llvmlite.binding.initialize_all_targets()
    llvmlite.binding.initialize_all_asmprinters()
    module = llvmlite.binding.parse_bitcode(compiled.overloads[types].library._get_module_for_linking().as_bitcode())
    target = llvmlite.binding.Target.from_triple(CPUS[cpu])
    return str(target.create_target_machine(cpu=cpu, opt=3).emit_assembly(module))


def _compiled(**options: Any) -> Any:
    compiled: Any = numba.njit(**{**OPTIONS, **options})(_sum_of_products)
    compiled.compile(ARRAYS)
    return compiled


@pytest.mark.parametrize("cpu", CPUS)
def test_products_and_sums_stay_two_operations(cpu: str) -> None:
    assert FUSED.search(_assembly(_compiled(fastmath={"contract"}), ARRAYS, cpu)), "the test would find none"
    text = _assembly(_compiled(), ARRAYS, cpu)
    assert PRODUCT.search(text)
    assert FUSED.findall(text) == []


@pytest.mark.parametrize("cpu", CPUS)
def test_so_do_those_of_the_engine(cpu: str) -> None:
    average: Any = arithmetic.ema
    types = (numba.float64, numba.float64, numba.int64)
    average.compile(types)
    text = _assembly(average, types, cpu)
    assert PRODUCT.search(text)
    assert FUSED.findall(text) == []


def test_the_target_itself_has_no_such_instruction() -> None:
    for target in FIXED["x86_64"]:
        assert target.features == ("-fma" if "avx2" in target.needs else "")
    if TARGET.name == "x86-64-v3":
        machine = _compiled(fastmath={"contract"})
        (text,) = machine.inspect_asm().values()
        assert FUSED.findall(text) == []
