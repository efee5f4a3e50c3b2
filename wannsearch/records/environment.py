"""The environment that the bits of a run depend on: versions, processor, and variables that select code.

The variables make libraries take other machine code than they would by themselves. Whoever sets one
means it, so none is unset; a run records which were set, and a continuation reports which differ.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

_LIBRARIES = (
    "wannsearch",
    "numpy",
    "numba",
    "llvmlite",
    "hydra-core",
    "gymnasium",
    "scikit-learn",
    "cmaes",
    "torch",
)
_VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "CUBLAS_WORKSPACE_CONFIG",
    "DNNL_DEFAULT_FPMATH_MODE",
    "DNNL_MAX_CPU_ISA",
    "GLIBC_TUNABLES",
    "MKL_CBWR",
    "MKL_DEBUG_CPU_TYPE",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "NVIDIA_TF32_OVERRIDE",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)
"""Environment variables that select code; docs/reliability.md has a measurement of each."""
_MAX_VALUE_CHARS = 100


def collect_environment() -> dict[str, str]:
    """Return name -> version or value: Python, machine, libraries, and the variables that are set.

    The variables are an allow-list, since all others are private. Values are printable, up to 100 characters.
    """
    from llvmlite import binding as llvm

    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": llvm.get_host_cpu_name(),
        **{name: version(name) for name in _LIBRARIES},
        **{name: _sanitize_value(os.environ[name]) for name in _VARIABLES if os.environ.get(name)},
    }


def _sanitize_value(value: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in value)[:_MAX_VALUE_CHARS]


def describe_differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Return one phrase for each name that has changed, such as `numpy 2.0.1 then, 2.1.0 now`, by name.

    The value None stands for a name that one of the two lacks.
    """
    changed_names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return [f"{name} {old.get(name)} then, {new.get(name)} now" for name in changed_names]
