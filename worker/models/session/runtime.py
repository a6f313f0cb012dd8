"""The packages that read and run models (extra `models`), imported on first use."""

from __future__ import annotations

import importlib
import platform
from typing import Any

from worker.extras import install
from worker.models.errors import RuntimeMissing


def onnx() -> Any:
    """Return the package that reads graphs.

    Raises:
        RuntimeMissing: it is not installed.
    """
    return _module("onnx")


def onnxruntime() -> Any:
    """Return the package that runs graphs.

    Raises:
        RuntimeMissing: it is not installed.
    """
    return _module("onnxruntime")


def cpu() -> str:
    """Return the family of CPUs for which equal bits are promised (decisions 19)."""
    return f"{platform.system()} {platform.machine()}".lower()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise RuntimeMissing(f"models need {name}: {problem}", install("models")) from None
