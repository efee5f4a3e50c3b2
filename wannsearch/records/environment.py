"""What a run's bits depend on besides its config: versions and the processor."""

from __future__ import annotations

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


def environment() -> dict[str, str]:
    """Name -> version; an allow-list, for what else a machine holds is nobody's business."""
    from llvmlite import binding as llvm

    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processor": llvm.get_host_cpu_name(),
        **{name: version(name) for name in _LIBRARIES},
    }


def differences(then: dict[str, str], now: dict[str, str]) -> list[str]:
    """What is no longer as it was, a phrase each."""
    changed = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    return [f"{name} {then.get(name)} then, {now.get(name)} now" for name in changed]
