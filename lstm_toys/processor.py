"""The processor, and variables that keep libraries from choosing kernels by it. Imports nothing heavy."""

import os
import platform
import sys
from collections.abc import Mapping
from functools import cache

V3 = "x86-64-v3"
"""The instructions that all x86-64 processors with AVX2 have, which fixed kernels use."""

NEEDED = frozenset({"abm", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"})
"""Features of these processors, as Linux names them."""

NUMPY = {"NPY_DISABLE_CPU_FEATURES": "X86_V4", "OPENBLAS_CORETYPE": "Haswell"}
"""Environment variables that fix the kernels of NumPy, and those of LAPACK, which NumPy, SciPy and JAX call."""

ONEDNN = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
"""Environment variable that fixes the kernels of oneDNN, which XLA calls for some products."""


@cache
def _described() -> dict[str, str]:
    """Linux' description of the first processor; empty on other systems."""
    entries = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, colon, value = line.partition(":")
                if not colon:
                    break
                entries[name.strip()] = value.strip()
    except OSError:
        return {}
    return entries


def features() -> set[str]:
    """The features of the processor, as Linux names them; empty on other systems."""
    return {*_described().get("flags", "").split()}


def name() -> str:
    """The name of the processor, and its widest vector instructions."""
    if not _described():
        return platform.processor() or platform.machine()
    vector = next((feature for feature in ("avx512f", "avx2", "avx") if feature in features()), platform.machine())
    return f"{_described().get('model name', platform.machine())}, {vector}"


def fixable() -> bool:
    """Whether the processor has all that fixed kernels need."""
    return features() >= NEEDED


def fix(variables: Mapping[str, str]) -> None:
    """Sets environment variables that the user has not set, if the processor has all that fixed kernels need."""
    if fixable():
        for variable, value in variables.items():
            os.environ.setdefault(variable, value)


def fix_numpy() -> bool:
    """Makes NumPy and LAPACK compute the same bits on every x86-64 processor with AVX2.

    Commands do so themselves. In a script or notebook, call it before anything loads NumPy. What the user has set in
    ``NPY_DISABLE_CPU_FEATURES`` and ``OPENBLAS_CORETYPE`` is kept.

    Returns:
        Whether it came in time: False if NumPy is loaded already, and nothing was done.

    Example:
        >>> lt.fix_numpy()  # Here, NumPy is loaded.
        False
    """
    if "numpy" in sys.modules:
        return False
    fix(NUMPY)
    return True


def of_onednn() -> dict[str, str]:
    """The environment variables that choose kernels of oneDNN."""
    return _beginning("ONEDNN_")


def of_numpy() -> dict[str, str]:
    """The environment variables that choose kernels of NumPy and LAPACK."""
    return _beginning("NPY_", "OPENBLAS_")


def _beginning(*prefixes: str) -> dict[str, str]:
    return {variable: value for variable, value in sorted(os.environ.items()) if variable.startswith(prefixes)}
